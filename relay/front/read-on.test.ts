import { describe, expect, test } from "vitest";
import { ServiceError } from "../../src/domain/errors.ts";
import { bytesFrom, bytesOf, streamFailingAfter, streamOf } from "../../test/support/streams.ts";
import { readOn } from "./read-on.ts";

const BYTES = bytesOf(1_000_000);
const BUFFER_BYTES = 100_000;
const broke = () => new ServiceError("unavailable", "It broke off.");

/** A byte stream of the bytes from `start` on that breaks before `end`. */
function breakingAt(end: number, start = 0): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (at >= end) throw broke();
      const piece = BYTES.slice(at, Math.min(end, at + 70_001));
      at += piece.byteLength;
      controller.enqueue(piece);
    },
  });
}

/** Read as a download is: into the reader's own buffers. */
async function readInto(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(BUFFER_BYTES));
    // Buffers are reused, so each must come back as large as it was, however little was read into it.
    expect(value?.buffer.byteLength).toBe(BUFFER_BYTES);
    if (done) return Buffer.concat(pieces);
    pieces.push(value.slice());
  }
}

test.each([
  ["into buffers of its own", bytesFrom],
  ["into the reader's", readInto],
])("goes on where it broke, however often, %s", async (_, read) => {
  const asked: number[] = [];
  const reopen = async (at: number) => {
    asked.push(at);
    // One of them gives no byte stream, as the edge's answer is none.
    return asked.length === 2 ? streamOf(BYTES.slice(at, at + 200_000)) : breakingAt(at + 300_000, at);
  };
  const body = readOn(breakingAt(150_000), { length: BYTES.byteLength, reopen, patienceSeconds: 5 });
  expect(Buffer.from(await read(body)).equals(BYTES)).toBe(true);
  expect(asked).toEqual([150_000, 450_000, 650_000, 950_000]);
});

/** Bytes from `start` to the last one in one piece, of a stream that is none of bytes; and whether it was cancelled. */
function restFrom(start: number) {
  const seen = { cancelled: false };
  const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(BYTES.slice(start));
  const cancel = () => {
    seen.cancelled = true;
  };
  return { body: new ReadableStream<Uint8Array>({ pull, cancel }), seen };
}

describe.each([
  ["into buffers of its own", bytesFrom],
  ["into the reader's", readInto],
])("gives no more than was asked for, %s,", (_, read) => {
  test.each([1, 70_001, 140_002, 200_003])("of a source that has more than %i", async (length) => {
    const reopen = () => Promise.reject(broke());
    const body = readOn(breakingAt(BYTES.byteLength), { length, reopen, patienceSeconds: 5 });
    expect(Buffer.from(await read(body)).equals(BYTES.subarray(0, length))).toBe(true);
  });

  test("of one that goes on to the end where another broke, and is then let go", async () => {
    const length = 70_502;
    const rest = restFrom(70_001);
    const reopen = async () => rest.body;
    const body = readOn(breakingAt(70_001), { length, reopen, patienceSeconds: 5 });
    expect(Buffer.from(await read(body)).equals(BYTES.subarray(0, length))).toBe(true);
    expect(rest.seen.cancelled).toBe(true);
  });
});

test("of nothing there is nothing to go on with", async () => {
  const reopen = () => Promise.reject(broke());
  const body = readOn(streamOf(new Uint8Array()), { length: 0, reopen, patienceSeconds: 5 });
  expect(await bytesFrom(body)).toHaveLength(0);
});

test.each([
  ["says no", () => Promise.reject(new ServiceError("gone", "It is deleted."))],
  ["is away for longer than patience", () => Promise.reject(broke())],
  ["ends early, as often as it is asked", async () => streamOf(new Uint8Array())],
])("fails when whoever has the rest %s", async (_, reopen) => {
  const body = readOn(breakingAt(70_001), { length: BYTES.byteLength, reopen, patienceSeconds: 0.2 });
  await expect(readInto(body)).rejects.toBeInstanceOf(ServiceError);
});

test("what is given up asks for nothing more", async () => {
  const asked: number[] = [];
  const reopen = async (at: number) => {
    asked.push(at);
    return streamFailingAfter(0, broke());
  };
  const body = readOn(breakingAt(70_001), { length: BYTES.byteLength, reopen, patienceSeconds: 5 });
  const reader = body.getReader();
  await reader.read();
  await reader.cancel();
  expect(asked).toEqual([]);
});
