import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  beginUpload,
  createImage,
  eventually,
  md5,
  sha512,
  show,
  someBytes,
  upload,
} from "../e2e/support/images.ts";
import { Service } from "../e2e/support/service.ts";
import { FaultProxy } from "../support/fault-proxy.node.ts";
import type { Act } from "../support/faults.ts";
import { servicesHere } from "./services.node.ts";
import type { SwiftService } from "./services.ts";
import { containerOf, type ListedContainer } from "./swift-container.node.ts";

const MiB = 1024 * 1024;
/** Past one part of a relay's, and past the buffer and two segments of the worker's. */
const BODY = someBytes(20 * MiB);
const WAYS = ["the front door", "the worker itself"] as const;
const { "ceph-swift": ceph, "openstack-swift": openstack } = servicesHere();

for (const [name, server] of Object.entries({ "ceph-swift": ceph, "openstack-swift": openstack }))
  describe.skipIf(!server)(`product: ${name}`, { timeout: 180_000 }, () => {
    if (server) productOn({ ...server, container: `glimpse-${Date.now()}` });
  });

/** With a container of its own, in which everything is ours; the service makes it. */
function productOn(swift: SwiftService): void {
  let proxy: FaultProxy;
  let service: Service;
  let container: ListedContainer;
  let before: string[];
  const dir = mkdtempSync(join(tmpdir(), "glimpse-swift-"));
  const secretFile = join(dir, "secret");

  beforeAll(async () => {
    writeFileSync(secretFile, swift.key, { mode: 0o600 });
    proxy = await FaultProxy.before(new URL(swift.authUrl).origin);
    container = await containerOf(swift);
    service = await Service.start({
      logLevel: "debug",
      settings: {
        stores: [
          {
            ...{ id: "cold", type: "swift", auth_version: 1, user: swift.user, secret_file: secretFile },
            ...{ auth_url: proxy.url + new URL(swift.authUrl).pathname, container: swift.container },
            ...{ create_container: true, segment_bytes: 6 * MiB, large_object_bytes: 15 * MiB },
            ...{ answer_seconds: 3, idle_seconds: 3 },
          },
          { id: "file", type: "file" },
        ],
        locations: { show_multiple_locations: true, show_image_direct_url: true },
        transfers: { lease_seconds: 4, heartbeat_seconds: 1, stall_seconds: 8, late_writer_seconds: 1 },
      },
    });
    const id = await createImage(service);
    expect(await upload(service, id, Buffer.from("the first"))).toBe(204);
    before = await container.kept();
  }, 60_000);

  afterEach(() => proxy.set([]));

  afterAll(async () => {
    expect(service.output).not.toContain(swift.key);
    await service[Symbol.asyncDispose]();
    await proxy.stop();
    rmSync(dir, { recursive: true });
  }, 60_000);

  const urlOf = (way: (typeof WAYS)[number]) => (way === "the front door" ? service.url : service.direct);
  const fileOf = (id: string) => `/v2/images/${id}/file`;

  const expectAsBefore = () =>
    eventually("all is as it was", async () => (await container.kept()).join() === before.join(), 60);

  const expectClean = async (id: string) => {
    await service.fetch(`/v2/images/${id}`, { method: "DELETE" });
    await expectAsBefore();
  };

  const expectWhole = async (id: string, body: Buffer) => {
    expect(await show(service, id)).toMatchObject({
      ...{ status: "active", size: body.byteLength },
      ...{ checksum: md5(body), os_hash_value: sha512(body) },
    });
    const response = await service.fetch(fileOf(id));
    expect(md5(Buffer.from(await response.arrayBuffer()))).toBe(md5(body));
  };

  test.each(
    WAYS.flatMap((way) => [
      { way, length: "of known length", headers: { "content-length": String(BODY.byteLength) } },
      { way, length: "of unknown length", headers: {} },
    ]),
  )("an image $length goes in by $way, and out", async ({ headers, way }) => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY, headers, urlOf(way))).toBe(204);
    expect((await container.kept()).filter((object) => object.startsWith(`${id}-`)).length).toBeGreaterThan(
      1,
    );
    expect(await show(service, id)).toMatchObject({
      ...{ stores: "cold", direct_url: `swift+config://ref1/${swift.container}/${id}` },
    });
    await expectWhole(id, BODY);
    const part = await service.fetch(fileOf(id), { headers: { range: "bytes=17000000-17000009" } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([
      206,
      BODY.subarray(17_000_000, 17_000_010),
    ]);
    await expectClean(id);
  });

  /** Once: it may succeed. Every time: it may not. Either way it is over soon, and nothing is left. */
  const ALWAYS = 1_000_000;
  const FAULTS: readonly { readonly on: string; readonly act: Act; readonly times?: number }[] = [
    { on: "^PUT .*-00002$", act: { do: "resetAt", in: "request", bytes: 500_000 } },
    { on: "^PUT .*-00002$", act: { do: "loseAnswer" } },
    { on: "^PUT .*-00002$", act: { do: "answer", status: 503, early: true } },
    { on: "^PUT .*-00002$", act: { do: "answer", status: 401, early: true } },
    { on: "^PUT .*-00002$", act: { do: "stallAt", in: "request", bytes: 500_000 } },
    { on: "^PUT .*multipart-manifest", act: { do: "loseAnswer" } },
    { on: "^PUT .*multipart-manifest", act: { do: "answer", status: 500 } },
    { on: "^PUT .*-00002$", act: { do: "stallAt", in: "request", bytes: 500_000 }, times: ALWAYS },
    { on: "^PUT .*multipart-manifest", act: { do: "loseAnswer" }, times: ALWAYS },
  ];

  test.each(WAYS.flatMap((way) => FAULTS.map((fault) => ({ way, times: 1, ...fault }))))(
    "no image stays stuck: by $way, $on $act, $times times",
    async ({ act, on, times, way }) => {
      const id = await createImage(service);
      proxy.set([{ on, times, act }]);
      const status = await upload(service, id, BODY, {}, urlOf(way));
      await eventually("it is over", async () => (await show(service, id)).status !== "saving", 60);
      proxy.set([]);
      const shown = await show(service, id);
      expect(shown.status).toBe(status === 204 ? "active" : shown.status);
      if (shown.status !== "active") {
        expect(shown).toMatchObject({ status: "queued", size: null, checksum: null });
        await expectAsBefore();
        expect(await upload(service, id, BODY, {}, urlOf(way))).toBe(204);
      }
      await expectWhole(id, BODY);
      await expectClean(id);
    },
  );

  test.each(WAYS)(
    "a worker that is killed during an upload by %s leaves neither segments nor a stuck image",
    async (way) => {
      const id = await createImage(service);
      const { request, response } = await beginUpload(service, id, {}, urlOf(way));
      request.write(BODY);
      await eventually("segments arrive", async () =>
        (await container.kept()).some((object) => object.includes(id)),
      );
      await service.kill("worker");
      request.destroy();
      await response.catch(() => undefined);
      await eventually("the image is queued", async () => (await show(service, id)).status === "queued", 60);
      await expectAsBefore();
      expect(await upload(service, id, BODY)).toBe(204);
      await expectWhole(id, BODY);
      await expectClean(id);
    },
  );

  test("a location with user and key, as Glance writes it, is read by the settings' own and shown without", async () => {
    const body = someBytes(100_000);
    const name = `theirs-${Date.now()}`;
    await container.put(`${name}-00001`, body.subarray(0, 60_000));
    await container.put(`${name}-00002`, body.subarray(60_000));
    await container.put(name, "", { "x-object-manifest": `${swift.container}/${name}-` });
    const { host, pathname } = new URL(proxy.url + new URL(swift.authUrl).pathname);
    const id = await createImage(service);
    const add = (url: string) =>
      service.fetch(`/v2/images/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
        body: JSON.stringify([{ op: "add", path: "/locations/-", value: { url, metadata: {} } }]),
      });
    const at = `${host}${pathname}/${swift.container}/${name}`;
    const user = encodeURIComponent(swift.user);
    for (const other of [`swift+config://ref1/${swift.container}/${name}`, `swift+http://else:s3cr@${at}`])
      expect((await add(other)).status).toBe(400);
    const patched = await add(`swift+http://${user}:s3cr%2Fet@${at}`);
    const text = await patched.text();
    expect([patched.status, text.includes("s3cr")]).toEqual([200, false]);
    expect(JSON.parse(text)).toMatchObject({ status: "active", size: 100_000, stores: "cold" });
    const read = await service.fetch(fileOf(id));
    expect(md5(Buffer.from(await read.arrayBuffer()))).toBe(md5(body));
    expect(service.output).not.toContain("s3cr");
    await expectClean(id);
  });
}
