import { expect, test, vi } from "vitest";
import { SharedWork } from "./shared-work.ts";

test("work that is under way is not begun again, and everybody gets its outcome", async () => {
  const work = new SharedWork<number>();
  const run = vi.fn(async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return 7;
  });
  expect(await Promise.all([work.once("a", run), work.once("a", run), work.once("a", run)])).toEqual([
    7, 7, 7,
  ]);
  expect(run).toHaveBeenCalledTimes(1);
});

test("a failure is everybody's, and is not kept", async () => {
  const work = new SharedWork<number>();
  const fails = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    throw new Error("no");
  };
  const outcomes = await Promise.allSettled([work.once("a", fails), work.once("a", fails)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await work.once("a", async () => 1)).toBe(1);
});

test("work under one name does not hold up work under another", async () => {
  const work = new SharedWork<number>();
  const hangs = work.once("a", () => new Promise((resolve) => setTimeout(() => resolve(1), 200)));
  expect(await work.once("b", async () => 2)).toBe(2);
  expect(await hangs).toBe(1);
});

test("where whoever began is gone, another begins anew", async () => {
  const work = new SharedWork<number>();
  // A request that was cut off: none of its timers runs any more, and its promise is never settled.
  const beats = vi.spyOn(globalThis, "setInterval").mockReturnValue(0 as never);
  void work.once("a", () => new Promise<number>(() => {}));
  beats.mockRestore();
  expect(await work.once("a", async () => 2)).toBe(2);
});

test("whoever comes late begins anew rather than use what is older than they may", async () => {
  const work = new SharedWork<number>(20);
  const slow = work.once("a", () => new Promise((resolve) => setTimeout(() => resolve(1), 100)));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await work.once("a", async () => 2)).toBe(2);
  expect(await slow).toBe(1);
});
