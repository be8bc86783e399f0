import { expect, test } from "vitest";
import { withTimeout } from "./timeout.ts";

const late = { message: "nothing came for 0.01 seconds" };

/** Work that ends when it is told to, and not before. */
const heedful = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("work that does not heed its signal is given up in time, and its signal aborted", async () => {
  let given: AbortSignal | undefined;
  const deaf = (signal: AbortSignal) => {
    given = signal;
    return new Promise<never>(() => {});
  };
  await expect(withTimeout(0.01, deaf)).rejects.toMatchObject(late);
  await expect(withTimeout(0.01, deaf, new AbortController().signal)).rejects.toMatchObject(late);
  expect(given?.reason).toMatchObject(late);
});

test("work that its caller ends rejects with the caller's reason, whatever it says itself", async () => {
  const caller = new AbortController();
  const work = withTimeout(
    60,
    (signal) => heedful(signal).catch(() => Promise.reject("broken")),
    caller.signal,
  );
  const reason = new Error("the client went away");
  caller.abort(reason);
  await expect(work).rejects.toBe(reason);
});

test("work that ends in time has its own outcome, and its signal is never aborted", async () => {
  let given: AbortSignal | undefined;
  const work = async (signal: AbortSignal) => {
    given = signal;
    return 7;
  };
  expect(await withTimeout(0.01, work)).toBe(7);
  await expect(withTimeout(0.01, () => Promise.reject("broken"))).rejects.toBe("broken");
  await expect(withTimeout(0.02, heedful)).rejects.toThrow("0.02 seconds");
  expect(given?.aborted).toBe(false);
});

test("a time that is longer than a timer counts is not over at once", async () => {
  const tick = () => new Promise((resolve) => setTimeout(resolve, 5, "in time"));
  expect(await withTimeout(Number.POSITIVE_INFINITY, tick)).toBe("in time");
});
