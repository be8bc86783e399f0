import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WhenIdle } from "./when-idle.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function kept() {
  const letGo = vi.fn();
  return { letGo, unused: new WhenIdle(letGo) };
}

test("what nobody uses is let go after a second, once", () => {
  const { letGo, unused } = kept();
  unused.idle();
  vi.advanceTimersByTime(999);
  expect(letGo).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(letGo).toHaveBeenCalledTimes(1);
});

test("what is used again within the second stays", () => {
  const { letGo, unused } = kept();
  unused.idle();
  vi.advanceTimersByTime(999);
  unused.busy();
  vi.advanceTimersByTime(10_000);
  expect(letGo).not.toHaveBeenCalled();
});

test("the second begins again with each use", () => {
  const { letGo, unused } = kept();
  for (let uses = 0; uses < 5; uses++) {
    unused.idle();
    vi.advanceTimersByTime(600);
  }
  expect(letGo).not.toHaveBeenCalled();
});
