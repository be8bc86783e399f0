import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RbdStore } from "../../../relay/drivers/rbd/rbd.ts";
import { HashThreads } from "../../../relay/hashing/hash-threads.ts";
import { rbdLocationOf } from "../../../src/stores/rbd-location.ts";
import { bytesFrom, bytesOf, streamOf } from "../../support/streams.ts";
import { admin, CONF, FSID, listing, openRbd, POOL } from "./ceph.node.ts";

const MiB = 1024 * 1024;
const READS = fileURLToPath(new URL("./random_reads.py", import.meta.url));
const WRITES = fileURLToPath(new URL("./hold_open.py", import.meta.url));
/** Debian's own, which has its python3-rbd. */
const PYTHON = "/usr/bin/python3";
/** A pool that the store's user may not read, as Cinder's may be. */
const VOLUMES = "volumes";
const threads = new HashThreads();
const bytes = bytesOf(20 * MiB + 512);
bytes.fill(0, 3 * MiB, 16 * MiB);
let store: RbdStore;
let dir: string;
let before: string[];

const rbd = (...args: readonly string[]) => admin("rbd", ...args);
const at = (image: string) => `${POOL}/${image}`;
const info = async (image: string) => JSON.parse(await rbd("info", "--format", "json", image));
const kept = async () => (await store.put(randomUUID(), streamOf(bytes))).location;
const keyIn = (location: string) => location.split("/")[4] as string;

/** Clone format 1 is what clusters have that older clients may still use; 2 is today's. */
async function clone(image: string, to: string, format: 1 | 2): Promise<string> {
  await rbd("--rbd-default-clone-format", String(format), "clone", `${at(image)}@snap`, to);
  return to;
}

async function trashId(name: string): Promise<string> {
  const kept = JSON.parse(await rbd("trash", "ls", POOL, "--format", "json")) as {
    id: string;
    name: string;
  }[];
  return kept.find((image) => image.name === name)?.id ?? "";
}

beforeAll(async () => {
  store = await openRbd(threads);
  dir = await mkdtemp(join(tmpdir(), "glimpse-rbd-"));
  await writeFile(join(dir, "disk"), bytes);
  await admin("ceph", "osd", "pool", "create", VOLUMES, "8");
  await rbd("pool", "init", VOLUMES);
});

beforeEach(async () => {
  before = await listing();
});

afterAll(async () => {
  await store.close();
  await threads.stop();
  await rm(dir, { recursive: true });
});

describe("an image", () => {
  test("is laid out as Glance lays it out, and zeros take no room", async () => {
    const location = await kept();
    const image = keyIn(location);
    expect(location).toBe(`rbd://${FSID}/${POOL}/${image}/snap`);
    expect(await info(at(image))).toMatchObject({
      ...{ size: bytes.byteLength, order: 23, format: 2, snapshot_count: 1 },
      features: expect.arrayContaining(["layering"]),
    });
    expect(await info(`${at(image)}@snap`)).toMatchObject({ protected: "true" });
    const used = JSON.parse(await rbd("diff", "--format", "json", `${at(image)}@snap`)) as {
      length: number;
    }[];
    expect(used.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(8 * MiB);
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });

  test("has the features that the cluster gives by default, and layering where those are none", async () => {
    const conf = `${CONF}.plain`;
    await writeFile(conf, `${await readFile(CONF, "utf8")}\n[client]\nrbd default features = 0\n`);
    const plain = await openRbd(threads, { conf });
    const { location } = await plain.put(randomUUID(), streamOf(bytesOf(9)));
    expect(await info(at(keyIn(location)))).toMatchObject({ features: ["layering"] });
    await plain.delete(location);
    await plain.close();
    await rm(conf);
  });
});

describe.each([1, 2] as const)("a clone of format %d", (format) => {
  test("of an image is the image, wherever it is read", async () => {
    const location = await kept();
    const copy = await clone(keyIn(location), at(`clone-${format}`), format);
    await promisify(execFile)(PYTHON, [READS, CONF, POOL, `clone-${format}`, join(dir, "disk")]);
    await rbd("export", "--no-progress", copy, join(dir, "back"));
    expect(Buffer.compare(await readFile(join(dir, "back")), bytes)).toBe(0);
    await rm(join(dir, "back"));
    await rbd("rm", "--no-progress", copy);
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });
});

describe("an image with a clone of format 1", () => {
  test("is in use by it, by name, and is not touched", async () => {
    const location = await kept();
    const copy = await clone(keyIn(location), at("volume-1"), 1);
    expect(await store.dependents(location)).toEqual([copy]);
    await expect(store.delete(location)).rejects.toMatchObject({
      kind: "busy",
      message: expect.stringContaining(copy),
    });
    expect(await info(`${at(keyIn(location))}@snap`)).toMatchObject({ protected: "true" });
    expect(await bytesFrom((await store.get(location, { start: 0, end: 8 })).body)).toEqual(
      bytes.slice(0, 9),
    );
    await rbd("flatten", "--no-progress", copy);
    expect(await store.dependents(location)).toEqual([]);
    await store.delete(location);
    await rbd("rm", "--no-progress", copy);
    expect(await listing()).toEqual(before);
  });

  test("is in use where that is in a pool which the store's user may not read", async () => {
    const location = await kept();
    const copy = await clone(keyIn(location), `${VOLUMES}/volume-1`, 1);
    const unnamed = [expect.stringContaining("may not read")];
    expect(await store.dependents(location)).toEqual(unnamed);
    await expect(store.delete(location)).rejects.toMatchObject({ kind: "busy" });
    await rbd("rm", "--no-progress", copy);
    expect(await store.dependents(location)).toEqual([]);
    expect(await info(`${at(keyIn(location))}@snap`)).toMatchObject({ protected: "true" });
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });
});

test("an image with a clone of format 2 goes to the trash, and the clone lives on", async () => {
  const location = await kept();
  const copy = await clone(keyIn(location), at("volume-2"), 2);
  expect(await store.dependents(location)).toEqual([]);
  await store.delete(location);
  await expect(store.stat(location)).rejects.toMatchObject({ kind: "notFound" });
  expect(await listing()).toEqual([...before, "volume-2@", `trash/${keyIn(location)}`].sort());
  await promisify(execFile)(PYTHON, [READS, CONF, POOL, "volume-2", join(dir, "disk")]);
  await rbd("rm", "--no-progress", copy);
  await rbd("trash", "rm", "--no-progress", at(await trashId(keyIn(location))));
  expect(await listing()).toEqual(before);
});

test("an image with snapshots of others goes to the trash with them", async () => {
  const location = await kept();
  await rbd("snap", "create", "--no-progress", `${at(keyIn(location))}@another`);
  await store.delete(location);
  await store.delete(location);
  expect(await listing()).toEqual([...before, `trash/${keyIn(location)}`].sort());
  const id = await trashId(keyIn(location));
  await rbd("snap", "purge", "--no-progress", "--pool", POOL, "--image-id", id);
  await rbd("trash", "rm", "--no-progress", at(id));
  expect(await listing()).toEqual(before);
});

describe("what others have made", () => {
  const made = async (name: string, snapshot: string) => {
    await rbd("import", "--no-progress", "--image-format", "2", join(dir, "disk"), at(name));
    await rbd("snap", "create", "--no-progress", `${at(name)}@${snapshot}`);
  };
  const reads = async (location: string) => {
    expect(await store.stat(location)).toEqual({ size: bytes.byteLength });
    expect(Buffer.compare(await bytesFrom((await store.get(location)).body), bytes)).toBe(0);
  };

  test("is read by its location and removed, as Nova's snapshot of a machine", async () => {
    const id = randomUUID();
    await made("machine", "source");
    await rbd("snap", "protect", `${at("machine")}@source`);
    await rbd("clone", `${at("machine")}@source`, at(id));
    await rbd("flatten", "--no-progress", at(id));
    await rbd("snap", "create", "--no-progress", `${at(id)}@snap`);
    await rbd("snap", "protect", `${at(id)}@snap`);
    await rbd("snap", "unprotect", `${at("machine")}@source`);
    await rbd("snap", "rm", "--no-progress", `${at("machine")}@source`);
    await rbd("rm", "--no-progress", at("machine"));
    const location = rbdLocationOf({ fsid: FSID, pool: POOL }, id);
    await reads(location);
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });

  test("is read at a snapshot of another name, which is not protected", async () => {
    const id = randomUUID();
    await made(id, "first");
    const location = `rbd://${FSID}/${POOL}/${id}/first`;
    await reads(location);
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });

  test("is read by a location of the oldest form, without any", async () => {
    const id = randomUUID();
    await rbd("import", "--no-progress", join(dir, "disk"), at(id));
    await reads(`rbd://${id}`);
    await store.delete(`rbd://${id}`);
    expect(await listing()).toEqual(before);
  });
});

test("many read at once, each another part", async () => {
  const location = await kept();
  const parts = Array.from({ length: 24 }, (_, i) => ({ start: i * 800_000, end: i * 800_000 + 1_500_000 }));
  const read = parts.map(async (range) => bytesFrom((await store.get(location, range)).body));
  for (const [i, found] of (await Promise.all(read)).entries()) {
    const { start, end } = parts[i] as { start: number; end: number };
    expect(Buffer.compare(found, bytes.subarray(start, end + 1))).toBe(0);
  }
  await store.delete(location);
  expect(await listing()).toEqual(before);
});

test("a download whose image others remove breaks off, rather than end in zeros", async () => {
  const location = await kept();
  const { body } = await store.get(location);
  const image = at(keyIn(location));
  await rbd("snap", "unprotect", `${image}@snap`);
  await rbd("snap", "rm", "--no-progress", `${image}@snap`);
  await rbd("rm", "--no-progress", image);
  const read = bytesFrom(body).then((found) => found.byteLength);
  await expect(read).rejects.toMatchObject({ kind: "notFound" });
  expect(await listing()).toEqual(before);
});

test("an image that somebody has open for writing is in use by them, and is not touched", async () => {
  const location = await kept();
  const writer = execFile(PYTHON, [WRITES, CONF, POOL, keyIn(location)]);
  await once(writer.stdout as Readable, "data");
  expect(await store.dependents(location)).toEqual([expect.stringContaining("open for writing")]);
  await expect(store.delete(location)).rejects.toMatchObject({ kind: "busy" });
  expect(await info(`${at(keyIn(location))}@snap`)).toMatchObject({ protected: "true" });
  writer.stdin?.end();
  await once(writer, "exit");
  expect(await store.dependents(location)).toEqual([]);
  await store.delete(location);
  expect(await listing()).toEqual(before);
});
