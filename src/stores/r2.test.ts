import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { bytesOf, heldStream, streamFailingAfter, streamOf } from "../../test/support/streams.ts";
import { MemoryStore } from "./memory.ts";
import { R2Store } from "./r2.ts";

const MiB = 1024 * 1024;
const options = { bucket: env.IMAGES, name: "glimpse-images", partBytes: 5 * MiB };

test("tells how to send more than the parts of one upload hold, and takes no more", async () => {
  const store = new R2Store({ ...options, maxParts: 2 });
  const key = crypto.randomUUID();
  await expect(store.put(key, streamOf(bytesOf(10 * MiB + 1)))).rejects.toMatchObject({
    kind: "tooLarge",
    message: expect.stringContaining("Send its length"),
  });
  expect(await store.put(key, streamOf(bytesOf(10 * MiB)))).toMatchObject({ size: 10 * MiB });
});

test("makes streamed parts so large that their number suffices", async () => {
  const store = new R2Store({ ...options, putBytes: 0, streamedPartBytes: 1, maxParts: 2 });
  const size = 11 * MiB;
  const stored = await store.put(crypto.randomUUID(), streamOf(bytesOf(size)), { size });
  expect((await env.IMAGES.head(stored.location.replace("r2://glimpse-images/", "")))?.etag).toMatch(/-2$/);
});

test("leaves no multipart upload behind when the body fails", async () => {
  const uploads: R2MultipartUpload[] = [];
  const bucket = new Proxy(env.IMAGES, {
    get(target, name: keyof R2Bucket) {
      if (name !== "createMultipartUpload") return target[name].bind(target as never);
      return async (key: string) => {
        uploads.push(await target.createMultipartUpload(key));
        return uploads.at(-1);
      };
    },
  });
  const broken = () => streamFailingAfter(6 * MiB, new Error("the body broke"));
  const store = new R2Store({ ...options, bucket, putBytes: 0, streamedPartBytes: 5 * MiB });
  await expect(store.put(crypto.randomUUID(), broken())).rejects.toThrow("the body broke");
  await expect(store.put(crypto.randomUUID(), broken(), { size: 7 * MiB })).rejects.toThrow("the body broke");
  expect(uploads).toHaveLength(2);
  for (const upload of uploads) await expect(upload.uploadPart(9, "more")).rejects.toThrow();
});

test("fails the put when R2 does, without waiting for the body", async () => {
  const bucket = new Proxy(env.IMAGES, {
    get(target, name: keyof R2Bucket) {
      if (name === "put") return () => Promise.reject(new Error("put: internal error (10001)"));
      return target[name].bind(target as never);
    },
  });
  const held = heldStream(bytesOf(10), bytesOf(10));
  const outcome = new R2Store({ ...options, bucket }).put(crypto.randomUUID(), held.body, { size: 20 });
  await expect(outcome).rejects.toMatchObject({ kind: "unavailable" });
  await held.cancelled;
});

test("keeps the last byte back until the body has ended, because R2 does not wait for the end", async () => {
  let taken = 0;
  const bucket = new Proxy(env.IMAGES, {
    get(target, name: keyof R2Bucket) {
      if (name !== "put") return target[name].bind(target as never);
      return async (_key: string, value: ReadableStream<Uint8Array>) => {
        for await (const chunk of value) taken += chunk.byteLength;
        return {};
      };
    },
  });
  const held = heldStream(bytesOf(10), bytesOf(1));
  const outcome = new R2Store({ ...options, bucket }).put(crypto.randomUUID(), held.body, { size: 10 });
  await held.reached;
  await vi.waitFor(() => expect(taken).toBe(9));
  held.resume();
  await expect(outcome).rejects.toMatchObject({ kind: "invalid" });
  expect(taken).toBe(9);
});

test("stores a body of which it is announced that it is empty", async () => {
  const key = crypto.randomUUID();
  expect(await new R2Store(options).put(key, streamOf(bytesOf(0)), { size: 0 })).toMatchObject({ size: 0 });
  expect(await env.IMAGES.head(key)).toMatchObject({ size: 0 });
});

for (const store of [new R2Store(options), new MemoryStore("r2-test")])
  test(`ends a put that another request runs when its blob is deleted: ${store.constructor.name}`, async () => {
    const key = crypto.randomUUID();
    const held = heldStream(bytesOf(10), bytesOf(10));
    const outcome = store.put(key, held.body);
    outcome.catch(() => {});
    await held.reached;
    const other = env.IMAGE_COORDINATOR.getByName("another request");
    await runInDurableObject(other, () => store.delete(store.locationOf(key)));
    await expect(outcome).rejects.toMatchObject({ kind: "gone" });
    await expect(store.stat(store.locationOf(key))).rejects.toMatchObject({ kind: "notFound" });
  });
