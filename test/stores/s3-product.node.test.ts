import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { peakPssDuring, pssOf } from "../../bench/processes.ts";
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
import { bucketOf, type ListedBucket } from "./s3-bucket.node.ts";
import { servicesHere } from "./services.node.ts";

const MiB = 1024 * 1024;
/** What goes in and out while memory is watched: 4 GiB takes some minutes. */
const LARGE_BYTES = Number(process.env.STORES_LARGE_BYTES ?? 256 * MiB);
const BOUND_MIB = 200;

const server = servicesHere()["ceph-s3"];
/** Past one part of a relay's, and past two of the worker's. */
const BODY = someBytes(20 * MiB);
const WAYS = ["the front door", "the worker itself"] as const;

describe.skipIf(!server)("product: ceph-s3", { timeout: 180_000 }, () => {
  if (!server) return;
  // One of its own, in which everything is ours; the service makes it.
  const s3 = { ...server, bucket: `glimpse-${Date.now()}` };
  let proxy: FaultProxy;
  let service: Service;
  let bucket: ListedBucket;
  let before: string[];
  const dir = mkdtempSync(join(tmpdir(), "glimpse-s3-"));
  const secretFile = join(dir, "secret");

  beforeAll(async () => {
    writeFileSync(secretFile, s3.secretAccessKey, { mode: 0o600 });
    proxy = await FaultProxy.before(s3.endpoint);
    bucket = bucketOf(s3);
    service = await Service.start({
      logLevel: "debug",
      settings: {
        stores: [
          {
            ...{ id: "cold", type: "s3", endpoint: proxy.url, bucket: s3.bucket },
            ...{ access_key_id: s3.accessKeyId, secret_file: secretFile, region: s3.region },
            create_bucket: true,
          },
          { id: "file", type: "file" },
        ],
        locations: { show_multiple_locations: true, show_image_direct_url: true },
        transfers: { lease_seconds: 4, heartbeat_seconds: 1, stall_seconds: 8, late_writer_seconds: 1 },
      },
    });
    const id = await createImage(service);
    expect(await upload(service, id, Buffer.from("the first"))).toBe(204);
    before = await bucket.kept();
    expect(before).toEqual([`object ${id}`]);
  }, 60_000);

  afterEach(() => proxy.set([]));

  afterAll(async () => {
    expect(service.output).not.toContain(s3.secretAccessKey);
    await service[Symbol.asyncDispose]();
    await proxy.stop();
    rmSync(dir, { recursive: true });
  }, 60_000);

  const urlOf = (way: (typeof WAYS)[number]) => (way === "the front door" ? service.url : service.direct);
  const fileOf = (id: string) => `/v2/images/${id}/file`;

  /** Deletes the image; whatever was left of it goes too. */
  const expectClean = async (id: string) => {
    await service.fetch(`/v2/images/${id}`, { method: "DELETE" });
    await eventually(
      "the bucket is as it was",
      async () => (await bucket.kept()).join() === before.join(),
      60,
    );
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
    expect(await bucket.kept()).toContain(`object ${id}`);
    expect((await show(service, id)) as object).toMatchObject({
      ...{ stores: "cold", direct_url: expect.stringMatching(/^s3:\/\/127\.0\.0\.1:\d+\/[^@]*$/) },
    });
    await expectWhole(id, BODY);
    const part = await service.fetch(fileOf(id), { headers: { range: "bytes=17000000-17000009" } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([
      206,
      BODY.subarray(17_000_000, 17_000_010),
    ]);
    await expectClean(id);
  });

  test("an empty image goes in by both ways", async () => {
    for (const way of WAYS) {
      const id = await createImage(service);
      expect(await upload(service, id, Buffer.alloc(0), {}, urlOf(way))).toBe(204);
      expect(await show(service, id)).toMatchObject({
        status: "active",
        size: 0,
        checksum: md5(Buffer.alloc(0)),
      });
      await expectClean(id);
    }
  });

  /** Once: it may succeed. Every time: it may not. Either way it is over soon, and nothing is left. */
  const FAULTS: readonly { readonly on: string; readonly act: Act }[] = [
    { on: "^POST .*uploads=", act: { do: "answer", status: 500 } },
    { on: "^PUT ", act: { do: "resetAt", in: "request", bytes: 500_000 } },
    { on: "^PUT ", act: { do: "loseAnswer" } },
    { on: "^PUT ", act: { do: "answer", status: 503, early: true } },
    { on: "^PUT ", act: { do: "stallAt", in: "request", bytes: 500_000 } },
    { on: "^POST .*uploadId=", act: { do: "loseAnswer" } },
    { on: "^POST .*uploadId=", act: { do: "answer", status: 500 } },
    {
      on: "^POST .*uploadId=",
      act: { do: "answer", status: 200, body: "<Error><Code>InternalError</Code></Error>" },
    },
  ];

  test.each(
    WAYS.flatMap((way) =>
      FAULTS.flatMap((fault) => [1, 1_000_000].map((times) => ({ way, times, ...fault }))),
    ),
  )("no image stays stuck: by $way, $on $act, $times times", async ({ act, on, times, way }) => {
    const id = await createImage(service);
    proxy.set([{ on, times, act }]);
    const status = await upload(service, id, BODY, {}, urlOf(way));
    await eventually("it is over", async () => (await show(service, id)).status !== "saving", 60);
    proxy.set([]);
    const shown = await show(service, id);
    expect([status === 204, shown.status]).toEqual(status === 204 ? [true, "active"] : [false, shown.status]);
    if (shown.status === "active") await expectWhole(id, BODY);
    else {
      expect(shown).toMatchObject({ status: "queued", size: null, checksum: null });
      expect(await upload(service, id, BODY, {}, urlOf(way))).toBe(204);
      await expectWhole(id, BODY);
    }
    await expectClean(id);
  });

  test("a read that breaks in the middle is never another image to its client", async () => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY)).toBe(204);
    for (const act of [
      { do: "resetAt", in: "answer", bytes: 3_000_000 },
      { do: "endAt", in: "answer", bytes: 3_000_000 },
      { do: "shortLength", bytes: 10 },
    ] as const) {
      proxy.set([{ on: "^GET ", times: 1_000_000, act }]);
      // A client that is told of a length counts; none may have all of it and other bytes.
      const read = await service
        .fetch(fileOf(id))
        .then(async (response) => (response.ok ? md5(Buffer.from(await response.arrayBuffer())) : "refused"))
        .catch(() => "broken");
      expect(["refused", "broken", md5(BODY)]).toContain(read);
    }
    proxy.set([]);
    await expectWhole(id, BODY);
    await expectClean(id);
  });

  test.each(WAYS)(
    "a worker that is killed during an upload by %s leaves neither parts nor a stuck image",
    async (way) => {
      const id = await createImage(service);
      const { request, response } = await beginUpload(service, id, {}, urlOf(way));
      request.write(BODY);
      await eventually("parts arrive", async () => (await bucket.kept()).some((name) => name.includes(id)));
      await service.kill("worker");
      request.destroy();
      await response.catch(() => undefined);
      await eventually("the image is queued", async () => (await show(service, id)).status === "queued", 60);
      await eventually("nothing is left", async () => (await bucket.kept()).join() === before.join(), 60);
      expect(await upload(service, id, BODY)).toBe(204);
      await expectWhole(id, BODY);
      await expectClean(id);
    },
  );

  test("a location with credentials, as Glance writes it, is read by the settings' own and shown without", async () => {
    const body = someBytes(100_000);
    const name = `theirs-${Date.now()}`;
    await bucket.put(name, body);
    const { host } = new URL(proxy.url);
    const id = await createImage(service);
    const url = `s3://SOMEBODY:s3cr/et@${host}/${s3.bucket}/${name}`;
    const patched = await service.fetch(`/v2/images/${id}`, {
      method: "PATCH",
      headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
      body: JSON.stringify([{ op: "add", path: "/locations/-", value: { url, metadata: {} } }]),
    });
    const text = await patched.text();
    expect([patched.status, text.includes("s3cr"), text.includes("SOMEBODY")]).toEqual([200, false, false]);
    expect(JSON.parse(text)).toMatchObject({
      ...{ status: "active", size: 100_000, stores: "cold" },
      locations: [{ url: `s3://${host}/${s3.bucket}/${name}`, metadata: { store: "cold" } }],
    });
    const read = await service.fetch(fileOf(id));
    expect(md5(Buffer.from(await read.arrayBuffer()))).toBe(md5(body));
    expect(service.output).not.toContain("s3cr/et");
    await expectClean(id);
  });

  test(`${Math.round(LARGE_BYTES / MiB)} MiB go in and out with equal hashes, and no process grows by more than ${BOUND_MIB} MiB`, {
    timeout: 3_600_000,
  }, async () => {
    const id = await createImage(service);
    const pids = { relay: service.pid("relay"), worker: service.pid("worker") };
    const rest = { relay: pssOf(pids.relay), worker: pssOf(pids.worker) };
    const sums = () => ({ md5: createHash("md5"), sha512: createHash("sha512") });
    const piece = someBytes(8 * MiB);
    const sent = sums();
    const into = await peakPssDuring(pids, async () => {
      const { request, response } = await beginUpload(service, id);
      for (let left = LARGE_BYTES; left > 0; left -= piece.byteLength) {
        const part = piece.subarray(0, left);
        part.writeUInt32LE(left >>> 0, 0);
        // It is overwritten for the next one, which must not reach what still waits.
        const copy = Buffer.from(part);
        sent.md5.update(copy);
        sent.sha512.update(copy);
        if (!request.write(copy)) await once(request, "drain");
      }
      request.end();
      expect((await response).resume().statusCode).toBe(204);
    });
    const [checksum, hash] = [sent.md5.digest("hex"), sent.sha512.digest("hex")];
    expect(await show(service, id)).toMatchObject({ size: LARGE_BYTES, checksum, os_hash_value: hash });
    const received = sums();
    const out = await peakPssDuring(pids, async () => {
      const response = await service.fetch(fileOf(id));
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        received.md5.update(chunk);
    });
    expect(received.md5.digest("hex")).toBe(checksum);
    for (const peak of [into, out])
      for (const process of ["relay", "worker"] as const)
        expect((peak[process] - rest[process]) / MiB).toBeLessThan(BOUND_MIB);
    console.log(
      `PSS in MiB: at rest ${JSON.stringify(inMiB(rest))}, in ${JSON.stringify(inMiB(into))}, out ${JSON.stringify(inMiB(out))}`,
    );
    await expectClean(id);
  });
});

const inMiB = (sizes: Record<string, number>) =>
  Object.fromEntries(Object.entries(sizes).map(([name, bytes]) => [name, Math.round(bytes / MiB)]));
