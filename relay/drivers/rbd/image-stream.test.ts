import { expect, test } from "vitest";
import { ServiceError } from "../../../src/domain/errors.ts";
import { bytesFrom, bytesOf } from "../../../test/support/streams.ts";
import type { Ceph } from "./ceph.ts";
import { streamOf } from "./image-stream.ts";
import type { Order } from "./messages.ts";
import { OpenImage } from "./open-image.ts";

const MiB = 1024 * 1024;
const bytes = bytesOf(17 * MiB);
const place = { image: "image", snapshot: "snap" };

/** Processes that have an image, whose `n`th read is answered as it is said: the orders that they were given. */
function given(answerTo: (read: number) => Promise<void> = async () => {}) {
  const orders: string[] = [];
  const memory = new Set<ArrayBufferLike>();
  let reads = 0;
  const ceph = {
    process: async () => ({}),
    askOf: async (_process: unknown, order: Order, into = new Uint8Array()) => {
      orders.push(order.do);
      if (order.do !== "read") return { image: 1, size: bytes.byteLength };
      const outcome = answerTo(reads++);
      memory.add(into.buffer);
      into.set(bytes.subarray(order.at, order.at + into.byteLength));
      await outcome;
      return { length: into.byteLength };
    },
  } as unknown as Ceph;
  const open = () => OpenImage.open(ceph, place);
  const read = async (confirm = async () => {}) =>
    streamOf(await open(), { start: 0, length: bytes.byteLength }, { reopen: open, confirm });
  return { memory, orders, read };
}

const outage = () => new ServiceError("unavailable", "away");
const opened = (orders: readonly string[]) => orders.filter((order) => order === "open").length;
const closed = (orders: readonly string[]) => orders.filter((order) => order === "close").length;

test("an image is closed once what was asked of it is answered, also what was not sent yet", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const { orders, read } = given((n) => (n === 0 ? Promise.resolve() : answered));
  const reader = (await read()).getReader();
  await reader.read();
  void reader.read().catch(() => {});
  const cancelled = reader.cancel();
  await new Promise(setImmediate);
  expect(closed(orders)).toBe(0);
  answer();
  await cancelled;
  expect(orders.at(-1)).toBe("close");
});

test("a download whose process ends goes on with the next one", async () => {
  const { orders, read } = given(async (n) => {
    if (n === 2 || n === 3) throw outage();
  });
  expect(Buffer.compare(await bytesFrom(await read()), bytes)).toBe(0);
  expect([opened(orders), closed(orders)]).toEqual([2, 2]);
});

test("what is given back is read into again, and what is kept is not", async () => {
  const { memory, read } = given();
  const body = await read();
  const kept: Uint8Array[] = [];
  let position = 0;
  for await (const chunk of body) {
    expect(Buffer.compare(chunk, bytes.subarray(position, position + chunk.byteLength))).toBe(0);
    position += chunk.byteLength;
    if (kept.length < 2) kept.push(chunk);
    else body.giveBack(chunk);
  }
  expect(position).toBe(bytes.byteLength);
  expect(Buffer.compare(Buffer.concat(kept), bytes.subarray(0, 8 * MiB))).toBe(0);
  expect(memory.size).toBe(5);
});

test("a download that is read to its end in memory that is given back takes no more of it than its reads under way", async () => {
  const { memory, read } = given();
  const body = await read();
  for await (const chunk of body) body.giveBack(chunk);
  expect(memory.size).toBe(4);
});

test("a download ends with an outage that is still there when it is tried again", async () => {
  const { orders, read } = given(async (n) => {
    if (n > 2) throw outage();
  });
  await expect(bytesFrom(await read())).rejects.toThrow("away");
  expect([opened(orders), closed(orders)]).toEqual([2, 2]);
});

test("memory of a read that failed, which may still be written to, is not used again", async () => {
  const { orders, memory, read } = given(async (n) => {
    if (n === 1) throw outage();
  });
  const body = await read();
  for await (const chunk of body) body.giveBack(chunk);
  expect(opened(orders)).toBe(2);
  expect(memory.size).toBe(7);
});

test("what is not an outage is not tried again", async () => {
  const { orders, read } = given(async () => {
    throw new ServiceError("notFound", "removed");
  });
  await expect(bytesFrom(await read())).rejects.toThrow("removed");
  expect(opened(orders)).toBe(1);
});

test("whether the snapshot is still there is asked once more when nobody answers", async () => {
  let asked = 0;
  const { read } = given();
  const body = await read(async () => {
    if (asked++ === 0) throw outage();
  });
  expect((await bytesFrom(body)).byteLength).toBe(bytes.byteLength);
  expect(asked).toBe(2);
});
