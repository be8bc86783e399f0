import { expect, test, vi } from "vitest";
import { PartBuffers } from "./part-buffers.ts";

const { signal } = new AbortController();

/** What has been granted so far, in its order. */
function inTurn(buffers: PartBuffers) {
  const granted: number[] = [];
  const take = (bytes: number) =>
    buffers.take(bytes, signal).then((buffer) => {
      granted.push(bytes);
      return buffer;
    });
  return { granted, take };
}

test("who needs a buffer waits for one in turn, and a small one does not slip past a large one", async () => {
  const buffers = new PartBuffers(10);
  const turn = inTurn(buffers);
  const first = await turn.take(6);
  const large = turn.take(10);
  const small = turn.take(1);
  await Promise.resolve();
  expect(turn.granted).toEqual([6]);
  buffers.giveBack(first);
  buffers.giveBack(await large);
  await small;
  expect(turn.granted).toEqual([6, 10, 1]);
});

test("more than everything is for who comes alone", async () => {
  const buffers = new PartBuffers(10);
  expect((await buffers.take(11, signal)).byteLength).toBe(11);
});

test("there is a spare one only where nobody waits", async () => {
  const buffers = new PartBuffers(10);
  const first = await buffers.take(4, signal);
  const spare = buffers.spare(4) as SharedArrayBuffer;
  expect(spare.byteLength).toBe(4);
  const waiting = buffers.take(4, signal);
  expect(buffers.spare(1)).toBeUndefined();
  buffers.giveBack(spare);
  await waiting;
  buffers.giveBack(first);
  expect(buffers.spare(4)).toBeDefined();
});

test("who gives up waiting keeps nobody behind him", async () => {
  const buffers = new PartBuffers(10);
  await buffers.take(6, signal);
  const stop = new AbortController();
  const large = buffers.take(10, stop.signal);
  const small = buffers.take(4, signal);
  stop.abort(new Error("gone"));
  await expect(large).rejects.toThrow("gone");
  expect((await small).byteLength).toBe(4);
});

test("what is given back twice is not lent to two", async () => {
  const buffers = new PartBuffers(10);
  const buffer = await buffers.take(5, signal);
  buffers.giveBack(buffer);
  expect(() => buffers.giveBack(buffer)).toThrow("given back twice");
  expect(await buffers.take(5, signal)).toBe(buffer);
  expect(buffers.spare(5)).not.toBe(buffer);
});

test("memory that was given back is lent again, and let go when nobody wants it for a while", async () => {
  vi.useFakeTimers();
  try {
    const buffers = new PartBuffers(10);
    const first = await buffers.take(5, signal);
    buffers.giveBack(first);
    const again = await buffers.take(5, signal);
    expect(again).toBe(first);
    buffers.giveBack(again);
    vi.advanceTimersByTime(1000);
    expect(() => buffers.giveBack(first)).toThrow("given back twice");
    expect(await buffers.take(5, signal)).not.toBe(first);
  } finally {
    vi.useRealTimers();
  }
});
