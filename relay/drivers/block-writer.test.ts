import { afterAll, expect, test, vi } from "vitest";
import { bytesOf } from "../../test/support/streams.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import { BlockPool, BlockWriter } from "./block-writer.ts";

const threads = new HashThreads();
afterAll(() => threads.stop());

test("a chunk that waits for a block when its writer is closed is written no further, and every block is kept", async () => {
  const pool = new BlockPool({ blockBytes: 10, perUpload: 2, spare: 2 });
  const full = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const positions: number[] = [];
  const blocks = new Set<ArrayBufferLike>();
  const sink = {
    write(bytes: Uint8Array, position: number) {
      if (positions.push(position) === 2) full.resolve();
      blocks.add(bytes.buffer);
      return written.promise;
    },
    finish: async () => {},
  };
  const writer = new BlockWriter({
    sink,
    pool,
    threads,
    hashAlgo: "sha512",
    afterFirstBlock: async () => {},
  });
  const writing = expect(writer.write(bytesOf(45))).rejects.toThrow("closed");
  await full.promise;
  const closed = writer.close();
  written.resolve();
  await Promise.all([closed, writing]);
  expect(positions).toEqual([0, 10]);
  expect(new Set([pool.take(), pool.take()])).toEqual(blocks);
});

test("blocks are kept for the next upload, and let go when there is none for a while", () => {
  vi.useFakeTimers();
  try {
    const pool = new BlockPool({ blockBytes: 10, perUpload: 2, spare: 2 });
    const block = pool.take();
    pool.give([block]);
    expect(pool.take()).toBe(block);
    pool.give([block]);
    vi.advanceTimersByTime(1000);
    expect(pool.take()).not.toBe(block);
  } finally {
    vi.useRealTimers();
  }
});
