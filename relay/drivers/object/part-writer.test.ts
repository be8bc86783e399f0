import { afterAll, expect, test } from "vitest";
import type { PartTaken } from "../../../src/stores/contract.ts";
import type { PartedWriting } from "../../../src/stores/put-blob.ts";
import { digestsOf } from "../../../test/support/digests.ts";
import { bytesOf, streamFailingAfter, streamOf } from "../../../test/support/streams.ts";
import { HashThreads } from "../../hashing/hash-threads.ts";
import { PartBuffers } from "../../part-buffers.ts";
import { writeInParts } from "./part-writer.ts";

const PART = 100_000;
const threads = new HashThreads();
afterAll(() => threads.stop());

/** Memory of so many bytes, and whether all of it has come back. */
function memoryOf(bytes: number) {
  const buffers = new PartBuffers(bytes);
  return { threads, buffers, isBack: () => buffers.spare(bytes) !== undefined };
}

/** A store that takes parts as a test says. */
function storeOf(put: (number: number, bytes: Uint8Array) => Promise<void> = async () => {}, maxParts = 7) {
  const seen = { whole: undefined as Uint8Array | undefined, parts: [] as Uint8Array[], atOnce: 0, most: 0 };
  let completed: readonly PartTaken[] | undefined;
  let aborted = 0;
  const writing: PartedWriting = {
    key: "key",
    location: `test://${crypto.randomUUID()}`,
    sink: () => {
      throw new Error("nothing is streamed");
    },
    exists: async () => false,
    remove: async () => {},
    partBytes: () => PART,
    maxParts,
    checksParts: true,
    whole: async (bytes) => {
      seen.whole = bytes.slice();
    },
    begin: async () => ({
      async put(number, body, bytes, _signal, md5) {
        seen.most = Math.max(seen.most, ++seen.atOnce);
        try {
          const part = (body as Uint8Array).slice();
          expect(part.byteLength).toBe(bytes);
          expect(await md5).toBe((await digestsOf(part, "sha512")).checksum);
          await put(number, part);
          seen.parts[number - 1] = part;
          return { number, etag: `of ${number}` };
        } finally {
          seen.atOnce--;
        }
      },
      complete: async (parts) => {
        completed = parts;
      },
      abort: async () => {
        aborted++;
      },
    }),
  };
  return { writing, seen, completed: () => completed, aborted: () => aborted };
}

test("a body goes up in parts, several at a time, each told with its MD5, and is made of them in their order", async () => {
  const bytes = bytesOf(PART * 5 + 1);
  // The first part is the last to be taken.
  const others = Promise.withResolvers<void>();
  const store = storeOf((number) => {
    if (number === 5) others.resolve();
    return number === 1 ? others.promise : Promise.resolve();
  });
  const memory = memoryOf(PART * 6);
  const { location: _, ...stored } = await writeInParts(streamOf(bytes), {}, store.writing, memory);
  expect(stored).toEqual({
    size: bytes.byteLength,
    hashAlgo: "sha512",
    ...(await digestsOf(bytes, "sha512")),
  });
  expect(Buffer.concat(store.seen.parts).equals(bytes)).toBe(true);
  expect(store.completed()?.map(({ etag, number }) => `${number} ${etag}`)).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => `${number} of ${number}`),
  );
  expect(store.seen.most).toBe(5);
  expect(memory.isBack()).toBe(true);
});

test.each([0, 1, PART])("a body of %i bytes is put as it is", async (size) => {
  const bytes = bytesOf(size);
  const store = storeOf();
  await writeInParts(streamOf(bytes), {}, store.writing, memoryOf(PART));
  expect(Buffer.from(store.seen.whole ?? "").equals(bytes)).toBe(true);
  expect(store.seen.parts).toEqual([]);
});

test("with memory for one part it is one after the other", async () => {
  const bytes = bytesOf(PART * 3);
  const store = storeOf();
  const memory = memoryOf(PART);
  await writeInParts(streamOf(bytes), {}, store.writing, memory);
  expect(Buffer.concat(store.seen.parts).equals(bytes)).toBe(true);
  expect(store.seen.most).toBe(1);
  expect(memory.isBack()).toBe(true);
});

test("a part that is refused ends the upload, and nothing of it is left", async () => {
  const refuseSecond = async (number: number) => {
    if (number === 2) throw new Error("the disk is full");
  };
  // Other parts may overtake the second one, as many as there is time for.
  const store = storeOf(refuseSecond, 10_000);
  const memory = memoryOf(PART * 4);
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10_000)),
  });
  await expect(writeInParts(endless, {}, store.writing, memory)).rejects.toThrow("the disk is full");
  expect([store.completed(), store.aborted()]).toEqual([undefined, 1]);
  expect(memory.isBack()).toBe(true);
});

test("a body that breaks leaves nothing, and one of too many parts is too large", async () => {
  const memory = memoryOf(PART * 4);
  const broken = storeOf();
  const body = streamFailingAfter(PART * 2.5, new Error("the client went away"));
  await expect(writeInParts(body, {}, broken.writing, memory)).rejects.toThrow("the client went away");
  expect([broken.completed(), broken.aborted()]).toEqual([undefined, 1]);
  const large = storeOf();
  await expect(writeInParts(streamOf(bytesOf(PART * 8)), {}, large.writing, memory)).rejects.toMatchObject({
    kind: "tooLarge",
  });
  expect([large.completed(), large.aborted()]).toEqual([undefined, 1]);
  expect(memory.isBack()).toBe(true);
});

test("an upload that is given up while its object of parts is being begun leaves none, and gives its memory back once", async () => {
  const store = storeOf();
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const begin = async () => {
    asked.resolve();
    await answered.promise;
    return store.writing.begin();
  };
  const memory = memoryOf(PART * 2);
  const client = new AbortController();
  const body = streamOf(bytesOf(PART + 1));
  const upload = writeInParts(body, { signal: client.signal }, { ...store.writing, begin }, memory);
  await asked.promise;
  client.abort(new Error("the client went away"));
  answered.resolve();
  await expect(upload).rejects.toThrow("the client went away");
  expect([store.seen.parts, store.completed(), store.aborted()]).toEqual([[], undefined, 1]);
  const taken = [memory.buffers.spare(PART), memory.buffers.spare(PART)];
  expect(new Set(taken).size).toBe(2);
  expect(memory.buffers.spare(PART)).toBeUndefined();
});
