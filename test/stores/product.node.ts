import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { peaksDuring, pssOf } from "../../bench/processes.ts";
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
import type { Kept } from "./kept.ts";

const MiB = 1024 * 1024;
/** What goes in and out while memory is watched: 4 GiB takes some minutes. */
const LARGE_BYTES = Number(process.env.STORES_LARGE_BYTES ?? 256 * MiB);
const BOUND_MIB = 200;
/** Past one part of a relay's, and past what the worker keeps of an upload. */
const BODY = someBytes(20 * MiB);
const WAYS = ["the front door", "the worker itself"] as const;
/** Node announces a length wherever it has all of a body. */
const OF_UNKNOWN_LENGTH = { "transfer-encoding": "chunked" };
const ALWAYS = 1_000_000;

export interface ProductSubject {
  readonly server: {
    /** Where it is asked; the product asks a proxy before it. */
    readonly target: string;
    readonly secret: string;
    /** The bucket or container in which everything is. */
    open(): Promise<Kept>;
  };
  /** The store's section of the settings, when it is asked at this address. */
  settings(url: string, secretFile: string): Record<string, unknown>;
  /** The location of an image, as it is shown. */
  location(url: string, name: string): string;
  /** What happens to an upload's requests, once or every time. */
  readonly faults: readonly { readonly on: string; readonly act: Act; readonly times?: readonly number[] }[];
  /** What another service has put there, and how it names it. */
  readonly theirs: {
    put(kept: Kept, name: string, body: Buffer): Promise<void>;
    /** With credentials, of which `s3cr` is in the secret. */
    location(url: string, name: string): string;
    /** Locations that are of no use here. */
    refused(url: string, name: string): readonly string[];
  };
}

/** The product with images in one store alone, whose server is reached through a proxy that breaks things. */
export function productOn(name: string, subject: ProductSubject | undefined): void {
  describe.skipIf(!subject)(`product: ${name}`, { timeout: 180_000 }, () => {
    if (subject) casesOf(subject);
  });
}

function casesOf({ faults, location, server, settings, theirs }: ProductSubject): void {
  let proxy: FaultProxy;
  let service: Service;
  let store: Kept;
  let before: string[];
  const dir = mkdtempSync(join(tmpdir(), "glimpse-product-"));
  const secretFile = join(dir, "secret");

  beforeAll(async () => {
    writeFileSync(secretFile, server.secret, { mode: 0o600 });
    proxy = await FaultProxy.before(server.target);
    store = await server.open();
    service = await Service.start({
      logLevel: "debug",
      settings: {
        stores: [
          { id: "cold", ...settings(proxy.url, secretFile) },
          { id: "file", type: "file" },
        ],
        locations: { show_multiple_locations: true, show_image_direct_url: true },
        transfers: { lease_seconds: 4, heartbeat_seconds: 1, stall_seconds: 8, late_writer_seconds: 1 },
      },
    });
    const id = await createImage(service);
    expect(await upload(service, id, Buffer.from("the first"))).toBe(204);
    before = await store.kept();
    expect(before.filter((kept) => !kept.includes(id))).toEqual([]);
  }, 60_000);

  afterEach(() => proxy.set([]));

  afterAll(async () => {
    expect(service.output).not.toContain(server.secret);
    await service[Symbol.asyncDispose]();
    await proxy.stop();
    rmSync(dir, { recursive: true });
  }, 60_000);

  const urlOf = (way: (typeof WAYS)[number]) => (way === "the front door" ? service.url : service.direct);
  const fileOf = (id: string) => `/v2/images/${id}/file`;

  const expectAsBefore = () =>
    eventually("all is as it was", async () => (await store.kept()).join() === before.join(), 60);

  /** Deletes the image; whatever was left of it goes too. */
  const expectClean = async (id: string) => {
    await service.fetch(`/v2/images/${id}`, { method: "DELETE" });
    await expectAsBefore();
  };

  const read = async (id: string, url = service.url) => {
    const response = await service.fetch(fileOf(id), {}, url);
    return md5(Buffer.from(await response.arrayBuffer()));
  };

  const expectWhole = async (id: string, body: Buffer) => {
    expect(await show(service, id)).toMatchObject({
      ...{ status: "active", size: body.byteLength },
      ...{ checksum: md5(body), os_hash_value: sha512(body) },
    });
    expect(await read(id)).toBe(md5(body));
  };

  test.each(
    WAYS.flatMap((way) => [
      { way, length: "of known length", headers: { "content-length": String(BODY.byteLength) } },
      { way, length: "of unknown length", headers: OF_UNKNOWN_LENGTH },
    ]),
  )("an image $length goes in by $way, and out", async ({ headers, way }) => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY, headers, urlOf(way))).toBe(204);
    expect((await store.kept()).some((kept) => kept.includes(id))).toBe(true);
    expect(await show(service, id)).toMatchObject({ stores: "cold", direct_url: location(proxy.url, id) });
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
      await expectWhole(id, Buffer.alloc(0));
      await expectClean(id);
    }
  });

  /** Once: it may succeed. Every time: it may not. Either way it is over soon, and nothing is left. */
  test.each(
    WAYS.flatMap((way) =>
      faults.flatMap(({ times: counts = [1, ALWAYS], ...fault }) =>
        counts.map((times) => ({ way, times, ...fault })),
      ),
    ),
  )("no image stays stuck: by $way, $on $act, $times times", async ({ act, on, times, way }) => {
    const id = await createImage(service);
    proxy.set([{ on, times, act }]);
    const status = await upload(service, id, BODY, OF_UNKNOWN_LENGTH, urlOf(way));
    await eventually("it is over", async () => (await show(service, id)).status !== "saving", 60);
    proxy.set([]);
    const shown = await show(service, id);
    expect(shown.status).toBe(status === 204 ? "active" : shown.status);
    if (shown.status !== "active") {
      expect(shown).toMatchObject({ status: "queued", size: null, checksum: null });
      await expectAsBefore();
      expect(await upload(service, id, BODY, OF_UNKNOWN_LENGTH, urlOf(way))).toBe(204);
    }
    await expectWhole(id, BODY);
    await expectClean(id);
  });

  test.each<Act>([
    { do: "resetAt", in: "answer", bytes: 3_000_000 },
    { do: "endAt", in: "answer", bytes: 3_000_000 },
  ])("a read that breaks in the middle goes on there, however often: %j", async (act) => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY)).toBe(204);
    proxy.set([{ on: "^GET ", times: ALWAYS, act }]);
    for (const way of WAYS) expect(await read(id, urlOf(way))).toBe(md5(BODY));
    proxy.set([]);
    await expectClean(id);
  });

  test("a read of fewer bytes than there are is never another image to its client", async () => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY)).toBe(204);
    proxy.set([{ on: "^GET ", times: ALWAYS, act: { do: "shortLength", bytes: 10 } }]);
    const response = await service.fetch(fileOf(id));
    expect(response.status).toBe(503);
    proxy.set([]);
    await expectWhole(id, BODY);
    await expectClean(id);
  });

  test.each(WAYS)(
    "a worker that is killed during an upload by %s leaves neither parts nor a stuck image",
    async (way) => {
      const id = await createImage(service);
      const { request, status } = await beginUpload(service, id, {}, urlOf(way));
      request.write(BODY);
      await eventually("parts arrive", async () => (await store.kept()).some((name) => name.includes(id)));
      await service.kill("worker");
      request.destroy();
      await status.catch(() => undefined);
      await eventually("the image is queued", async () => (await show(service, id)).status === "queued", 60);
      await expectAsBefore();
      expect(await upload(service, id, BODY)).toBe(204);
      await expectWhole(id, BODY);
      await expectClean(id);
    },
  );

  test("a relay that is killed while it sends parts leaves none of them, and its image is queued when it is back", async () => {
    const id = await createImage(service);
    const { request, status } = await beginUpload(service, id);
    // Enough for a part that is up while another one fills.
    request.write(Buffer.concat([BODY, BODY]));
    await eventually("parts arrive", async () => (await store.kept()).some((name) => name.includes(id)));
    await service.kill("relay");
    await status.catch(() => undefined);
    const isQueued = async () => (await show(service, id)).status === "queued";
    await eventually("the image is queued", isQueued, 60);
    await expectAsBefore();
    expect(await upload(service, id, BODY)).toBe(204);
    await expectWhole(id, BODY);
    await expectClean(id);
  });

  test("a location with credentials, as Glance writes it, is read by the settings' own and shown without", async () => {
    const body = someBytes(100_000);
    const name = `theirs-${Date.now()}`;
    await theirs.put(store, name, body);
    const id = await createImage(service);
    const add = (url: string) =>
      service.fetch(`/v2/images/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
        body: JSON.stringify([{ op: "add", path: "/locations/-", value: { url, metadata: {} } }]),
      });
    for (const url of theirs.refused(proxy.url, name)) expect((await add(url)).status).toBe(400);
    const patched = await add(theirs.location(proxy.url, name));
    const text = await patched.text();
    expect([patched.status, text.includes("s3cr"), text.includes("SOMEBODY")]).toEqual([200, false, false]);
    expect(JSON.parse(text)).toMatchObject({ status: "active", size: 100_000, stores: "cold" });
    expect(await read(id)).toBe(md5(body));
    expect(service.output).not.toContain("s3cr");
    await expectClean(id);
  });

  test(`${Math.round(LARGE_BYTES / MiB)} MiB go in and out with equal hashes, and no process grows by more than ${BOUND_MIB} MiB`, {
    timeout: 3_600_000,
  }, async () => {
    const id = await createImage(service);
    const pids = { relay: service.pid("relay"), worker: service.pid("worker") };
    const look = () => ({ relay: pssOf(pids.relay), worker: pssOf(pids.worker) });
    const rest = look();
    const sent = { md5: createHash("md5"), sha512: createHash("sha512") };
    const began = Date.now();
    const into = await peaksDuring(look, async () => {
      const { request, status } = await beginUpload(service, id);
      const piece = someBytes(8 * MiB);
      for (let left = LARGE_BYTES; left > 0; left -= piece.byteLength) {
        // No two pieces are the same, and what waits to be sent is not overwritten by the next one.
        const part = Buffer.from(piece.subarray(0, left));
        part.writeUInt32LE(left >>> 0, 0);
        sent.md5.update(part);
        sent.sha512.update(part);
        if (!request.write(part)) await once(request, "drain");
      }
      request.end();
      expect(await status).toBe(204);
    });
    const wentIn = Date.now();
    const [checksum, hash] = [sent.md5.digest("hex"), sent.sha512.digest("hex")];
    expect(await show(service, id)).toMatchObject({ size: LARGE_BYTES, checksum, os_hash_value: hash });
    const received = createHash("md5");
    const out = await peaksDuring(look, async () => {
      const response = await service.fetch(fileOf(id));
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) received.update(chunk);
    });
    expect(received.digest("hex")).toBe(checksum);
    console.log(
      `in ${(wentIn - began) / 1000} s, out ${(Date.now() - wentIn) / 1000} s; PSS in MiB: at rest ${inMiB(rest)}, in ${inMiB(into)}, out ${inMiB(out)}`,
    );
    for (const peak of [into, out])
      for (const process of ["relay", "worker"] as const)
        expect((peak[process] - rest[process]) / MiB).toBeLessThan(BOUND_MIB);
    await expectClean(id);
  });
}

const inMiB = (sizes: Record<string, number>) =>
  JSON.stringify(
    Object.fromEntries(Object.entries(sizes).map(([name, bytes]) => [name, Math.round(bytes / MiB)])),
  );
