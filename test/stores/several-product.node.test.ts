import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  createImage,
  eventually,
  filesIn,
  md5,
  sha512,
  show,
  someBytes,
  upload,
} from "../e2e/support/images.ts";
import { Service } from "../e2e/support/service.ts";
import { FaultProxy } from "../support/fault-proxy.node.ts";
import type { Kept } from "./kept.ts";
import { bucketOf } from "./s3-bucket.node.ts";
import { servicesHere } from "./services.node.ts";
import { containerOf } from "./swift-container.node.ts";

const MiB = 1024 * 1024;
const BODY = someBytes(12 * MiB);
const { "ceph-s3": s3Server, "openstack-swift": swiftServer } = servicesHere();
const LOST = { do: "answer", status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" } as const;
const DOWN = [{ on: ".", times: Number.POSITIVE_INFINITY, act: { do: "reset" } }] as const;

describe.skipIf(!s3Server || !swiftServer)("product: several stores", { timeout: 180_000 }, () => {
  if (!s3Server || !swiftServer) return;
  const s3 = { ...s3Server, bucket: `glimpse-several-${Date.now()}` };
  const swift = { ...swiftServer, container: `glimpse-several-${Date.now()}` };
  const dir = mkdtempSync(join(tmpdir(), "glimpse-several-"));
  let s3Proxy: FaultProxy;
  let swiftProxy: FaultProxy;
  let service: Service;
  let bucket: Kept;
  let container: Kept;
  let before: string[];

  beforeAll(async () => {
    writeFileSync(join(dir, "s3"), s3.secretAccessKey, { mode: 0o600 });
    writeFileSync(join(dir, "swift"), swift.key, { mode: 0o600 });
    s3Proxy = await FaultProxy.before(s3.endpoint);
    swiftProxy = await FaultProxy.before(new URL(swift.authUrl).origin);
    bucket = bucketOf(s3);
    container = await containerOf(swift);
    const authUrl = swiftProxy.url + new URL(swift.authUrl).pathname;
    service = await Service.start({
      logLevel: "info",
      settings: {
        stores: [
          { id: "file", type: "file" },
          {
            ...{ id: "cold", type: "s3", endpoint: s3Proxy.url, bucket: s3.bucket, create_bucket: true },
            ...{ access_key_id: s3.accessKeyId, secret_file: join(dir, "s3"), weight: 10 },
          },
          {
            ...{ id: "objects", type: "swift", auth_version: 1, auth_url: authUrl, user: swift.user },
            ...{ secret_file: join(dir, "swift"), container: swift.container, create_container: true },
            ...{ weight: 5 },
          },
        ],
        locations: { show_multiple_locations: true },
        transfers: { late_writer_seconds: 1 },
      },
    });
    for (const store of ["cold", "objects"]) {
      const id = await createImage(service);
      expect(await upload(service, id, Buffer.from("the first"), { "x-image-meta-store": store })).toBe(204);
    }
    before = await kept();
  }, 60_000);

  afterEach(() => {
    s3Proxy.set([]);
    swiftProxy.set([]);
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await s3Proxy.stop();
    await swiftProxy.stop();
    rmSync(dir, { recursive: true });
  }, 60_000);

  const kept = async () => [...(await bucket.kept()), ...(await container.kept()), ...filesIn(service)];

  const read = async (id: string, url = service.direct) => {
    const response = await service.fetch(`/v2/images/${id}/file`, {}, url);
    return [response.status, md5(Buffer.from(await response.arrayBuffer()))];
  };
  const WHOLE = [200, md5(BODY)];

  /** An image that was uploaded here, and of which others put copies into the other stores. */
  async function inAllStores(): Promise<string> {
    const id = await createImage(service);
    expect(await upload(service, id, BODY)).toBe(204);
    await bucket.put(`copy-${id}`, BODY);
    await container.put(`copy-${id}`, BODY);
    const { host, pathname } = new URL(swiftProxy.url + new URL(swift.authUrl).pathname);
    for (const url of [
      `s3://${new URL(s3Proxy.url).host}/${s3.bucket}/copy-${id}`,
      `swift+http://${encodeURIComponent(swift.user)}:secret@${host}${pathname}/${swift.container}/copy-${id}`,
    ])
      expect(await added(id, url, sha512(BODY))).toBe(200);
    return id;
  }

  async function added(id: string, url: string, hash: string): Promise<number> {
    const validation_data = { os_hash_algo: "sha512", os_hash_value: hash };
    const response = await service.fetch(`/v2/images/${id}`, {
      method: "PATCH",
      headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
      body: JSON.stringify([
        { op: "add", path: "/locations/-", value: { url, metadata: {}, validation_data } },
      ]),
    });
    await response.arrayBuffer();
    return response.status;
  }

  test("an image is read from the heaviest store, from the next one when that is down or has lost it, and the log says so", async () => {
    const id = await inAllStores();
    expect(await show(service, id)).toMatchObject({ stores: "cold,objects,file" });
    expect(
      await added(id, `s3://${new URL(s3Proxy.url).host}/${s3.bucket}/other`, sha512(Buffer.from("x"))),
    ).not.toBe(200);
    expect(await read(id)).toEqual(WHOLE);
    expect(s3Proxy.seen.at(-1)).toBe(`GET /${s3.bucket}/copy-${id}`);
    s3Proxy.set(DOWN);
    expect(await read(id)).toEqual(WHOLE);
    expect(swiftProxy.seen.at(-1)).toContain(`copy-${id}`);
    swiftProxy.set(DOWN);
    expect(await read(id)).toEqual(WHOLE);
    for (const store of ["cold", "objects"])
      expect(service.output).toMatch(
        new RegExp(
          `"level":"warn","message":"a location could not be read".*"image":"${id}","store":"${store}"`,
        ),
      );
    s3Proxy.set([]);
    unlinkSync(join(service.dataDir, "images", id));
    expect(await read(id, service.url)).toEqual(WHOLE);
  });

  test("a download that a store breaks off goes on there, and in the next store when that one is down", async () => {
    const id = await inAllStores();
    const copy = `^GET .*copy-${id}$`;
    const breaks = { on: copy, act: { do: "resetAt", in: "answer", bytes: 5 * MiB } } as const;
    for (const [then, from] of [
      [[], "cold"],
      [DOWN, "objects"],
    ] as const) {
      s3Proxy.set([breaks, ...then]);
      expect(await read(id)).toEqual(WHOLE);
      for (const [said, store] of [
        ["a location broke off in the middle", "cold"],
        ["a location gives the rest", from],
      ])
        expect(service.output).toMatch(new RegExp(`"message":"${said}".*"image":"${id}","store":"${store}"`));
    }
  });

  test("a download that no store can go on with breaks off, and is never a short image", async () => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY, { "x-image-meta-store": "cold" })).toBe(204);
    s3Proxy.set([
      { on: `^GET .*${id}$`, act: { do: "resetAt", in: "answer", bytes: 5 * MiB } },
      { on: `^GET .*${id}$`, times: Number.POSITIVE_INFINITY, act: LOST },
    ]);
    await expect(read(id)).rejects.toThrow();
    s3Proxy.set([]);
    expect(await read(id)).toEqual(WHOLE);
  });

  test("one copy is removed, and the others stay", async () => {
    const id = await inAllStores();
    const { status } = await service.fetch(`/v2/stores/objects/${id}`, { method: "DELETE" });
    expect(status).toBe(204);
    await eventually("it is gone", async () => !(await container.kept()).includes(`copy-${id}`), 60);
    expect(await show(service, id)).toMatchObject({ stores: "cold,file" });
    expect(await bucket.kept()).toContain(`object copy-${id}`);
    expect(await read(id)).toEqual(WHOLE);
  });

  test("a delete while a store is down is done when it is back, and nothing is left", async () => {
    const id = await inAllStores();
    s3Proxy.set(DOWN);
    const { status } = await service.fetch(`/v2/images/${id}`, { method: "DELETE" });
    expect(status).toBe(204);
    expect((await service.fetch(`/v2/images/${id}`)).status).toBe(404);
    await eventually(
      "the stores that are up have nothing of it",
      async () => !(await container.kept()).includes(`copy-${id}`) && !filesIn(service).includes(id),
      90,
    );
    expect(await bucket.kept()).toContain(`object copy-${id}`);
    s3Proxy.set([]);
    await eventually(
      "the store that was down has nothing of it either",
      async () => !(await bucket.kept()).includes(`object copy-${id}`),
      90,
    );
  });

  test("of all images that were deleted nothing is left anywhere", async () => {
    const { images } = (await (await service.fetch("/v2/images?limit=100&name=test")).json()) as {
      images: { id: string; size: number }[];
    };
    for (const { id, size } of images)
      if (size === BODY.byteLength) await service.fetch(`/v2/images/${id}`, { method: "DELETE" });
    await eventually("all is as it was", async () => (await kept()).join() === before.join(), 90);
  });
});
