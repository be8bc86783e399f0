import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RbdStore } from "../../../relay/drivers/rbd/rbd.ts";
import { HashThreads } from "../../../relay/hashing/hash-threads.ts";
import { ServiceError } from "../../../src/domain/errors.ts";
import { bytesFrom, bytesOf, heldStream, streamOf } from "../../support/streams.ts";
import { listing, openRbd } from "./ceph.node.ts";

const MiB = 1024 * 1024;
const threads = new HashThreads();
const processes = new Set<number | undefined>();
let store: RbdStore;
let before: string[];

beforeAll(async () => {
  store = await openRbd(threads, { observe: (_order, { pid }) => processes.add(pid) });
});

beforeEach(async () => {
  processes.clear();
  before = await listing();
});

afterAll(async () => {
  await store.close();
  await threads.stop();
});

test("an upload whose client stalls, or whose edge is away, ends alone and leaves nothing", async () => {
  const bytes = bytesOf(20 * MiB);
  const [stalled, other] = [heldStream(bytes, bytes), heldStream(bytes, bytes)];
  const stop = new AbortController();
  const lost = store.put(randomUUID(), stalled.body, { signal: stop.signal });
  const kept = store.put(randomUUID(), other.body);
  await Promise.all([stalled.reached, other.reached]);
  stop.abort(new ServiceError("unavailable", "No byte of the image moved for 300 seconds."));
  await expect(lost).rejects.toMatchObject({ kind: "unavailable" });
  other.resume();
  const { location, size } = await kept;
  expect(size).toBe(40 * MiB);
  await store.delete(location);
  expect(processes.size).toBe(1);
  expect(await listing()).toEqual(before);
});

test("readers who go away half way take nothing from those who stay", async () => {
  const bytes = bytesOf(48 * MiB);
  const { location } = await store.put(randomUUID(), streamOf(bytes));
  const read = async (stays: boolean) => {
    const { body } = await store.get(location);
    if (stays) return expect(Buffer.compare(await bytesFrom(body), bytes)).toBe(0);
    const reader = body.getReader();
    // What it asked for last still waits behind what others want.
    for (let pieces = 0; pieces < 3; pieces++) await reader.read();
    await reader.cancel();
  };
  await Promise.all(Array.from({ length: 12 }, (_, i) => read(i % 3 === 0)));
  await store.delete(location);
  expect(processes.size).toBe(1);
  expect(await listing()).toEqual(before);
});
