import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { WhenIdle } from "./when-idle.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function kept() {
  const letGo = vi.fn();
  return { letGo, unused: new WhenIdle(letGo) };
}

test("what nobody uses is let go after 0.3 s, once", () => {
  const { letGo, unused } = kept();
  unused.idle();
  vi.advanceTimersByTime(299);
  expect(letGo).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(letGo).toHaveBeenCalledTimes(1);
});

test("what is used again within that time stays", () => {
  const { letGo, unused } = kept();
  unused.idle();
  vi.advanceTimersByTime(299);
  unused.busy();
  vi.advanceTimersByTime(10_000);
  expect(letGo).not.toHaveBeenCalled();
});

test("the time begins again with each use", () => {
  const { letGo, unused } = kept();
  for (let uses = 0; uses < 5; uses++) {
    unused.idle();
    vi.advanceTimersByTime(200);
  }
  expect(letGo).not.toHaveBeenCalled();
});

test("what is let go together is collected once, soon after", () => {
  const gc = vi.fn();
  vi.stubGlobal("gc", gc);
  onTestFinished(() => void vi.unstubAllGlobals());
  for (const { unused } of [kept(), kept()]) unused.idle();
  vi.advanceTimersByTime(300);
  expect(gc).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(gc.mock.calls).toEqual([[{ type: "major", execution: "async" }]]);
});

test("a relay whose Node has no collector to call lets go all the same", () => {
  const { letGo, unused } = kept();
  unused.idle();
  vi.advanceTimersByTime(10_000);
  expect(letGo).toHaveBeenCalledTimes(1);
});
