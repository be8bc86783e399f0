import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HashThreads } from "./hash-threads.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

async function md5Of(threads: HashThreads, text: string): Promise<string> {
  const [digest] = threads.open(["md5"]);
  if (!digest) throw new Error("no digest was opened");
  const block = new SharedArrayBuffer(text.length);
  Buffer.from(block).write(text);
  await digest.update(block, text.length);
  const value = await digest.finish();
  digest.close();
  return value;
}

const workers = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;

test("threads end soon after the last digest, and start again for the next", async () => {
  const threads = new HashThreads();
  const before = workers();
  expect(await md5Of(threads, "one")).toBe(createHash("md5").update("one").digest("hex"));
  expect(workers()).toBeGreaterThan(before);
  vi.advanceTimersByTime(1000);
  await vi.waitUntil(() => workers() === before);
  expect(await md5Of(threads, "two")).toBe(createHash("md5").update("two").digest("hex"));
  await threads.stop();
});

test("no thread ends that has a digest open, however long nothing is hashed", async () => {
  const threads = new HashThreads();
  // There are eight threads at most, and each has one of these.
  const onEach = threads.open(Array.from({ length: 8 }, () => "md5"));
  expect(await md5Of(threads, "beside them")).toHaveLength(32);
  vi.advanceTimersByTime(60_000);
  for (const digest of onEach) {
    expect(await digest.finish()).toBe(createHash("md5").digest("hex"));
    digest.close();
  }
  await threads.stop();
});
