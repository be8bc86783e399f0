import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createImage, eventually, md5, show, someBytes, upload } from "../e2e/support/images.ts";
import { Service } from "../e2e/support/service.ts";
import { servicesHere } from "./services.node.ts";

const MiB = 1024 * 1024;
const BODY = someBytes(20 * MiB);
const swift = servicesHere()["openstack-swift-keystone"];

describe.skipIf(!swift)("product: openstack-swift-keystone", { timeout: 120_000 }, () => {
  if (!swift) return;
  const { authUrl, key, lent, project, user } = swift;
  const dir = mkdtempSync(join(tmpdir(), "glimpse-keystone-"));
  let service: Service;

  beforeAll(async () => {
    const secret = (name: string, text: string) => {
      writeFileSync(join(dir, name), text, { mode: 0o600 });
      return join(dir, name);
    };
    const store = { type: "swift", auth_url: authUrl, create_container: true, segment_bytes: 6 * MiB };
    const ofUser = { ...store, user, project_name: project, region: "RegionOne" };
    service = await Service.start({
      settings: {
        stores: [
          { ...ofUser, id: "own", container: `own-${Date.now()}`, secret_file: secret("own", key) },
          {
            ...{ ...store, id: "lent", container: `lent-${Date.now()}`, reference: "lent" },
            ...{ application_credential_id: lent.id, secret_file: secret("lent", lent.secret) },
          },
          {
            ...ofUser,
            id: "wrong",
            reference: "wrong",
            container: "no",
            secret_file: secret("wrong", "s3cr et"),
          },
        ],
      },
    });
  }, 60_000);

  afterAll(async () => {
    for (const secret of [key, lent.secret, "s3cr et"]) expect(service.output).not.toContain(secret);
    await service[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  }, 60_000);

  const check = async (store: string) =>
    (await service.fetch(`/v2/info/stores/${store}/check`, { method: "POST" })).json() as Promise<{
      ok: boolean;
      findings: { what: string; remedy?: string }[];
    }>;

  test.each(["own", "lent"])("images go into the store that is %s, and out, by either way", async (store) => {
    expect(await check(store)).toMatchObject({ ok: true });
    for (const url of [service.url, service.direct]) {
      const id = await createImage(service);
      expect(await upload(service, id, BODY, { "x-image-meta-store": store }, url)).toBe(204);
      expect(await show(service, id)).toMatchObject({ status: "active", stores: store, checksum: md5(BODY) });
      const read = await service.fetch(`/v2/images/${id}/file`, {}, url);
      expect(md5(Buffer.from(await read.arrayBuffer()))).toBe(md5(BODY));
      expect((await service.fetch(`/v2/images/${id}`, { method: "DELETE" })).status).toBe(204);
    }
  });

  test("a wrong password is told to whoever uploads, and to the operator with a remedy", async () => {
    const says = "The store wrong cannot log in: its address or its credentials are not taken.";
    const id = await createImage(service);
    const put = await service.fetch(`/v2/images/${id}/file`, {
      method: "PUT",
      headers: { "content-type": "application/octet-stream", "x-image-meta-store": "wrong" },
      body: "some bytes",
    });
    expect([put.status, (await put.text()).includes(says)]).toEqual([503, true]);
    await eventually("it is queued", async () => (await show(service, id)).status === "queued");
    expect(await check("wrong")).toMatchObject({
      ok: false,
      findings: [{ what: `cannot be written: ${says}`, remedy: expect.stringContaining("password") }],
    });
  });
});
