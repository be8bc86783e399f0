import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PACE_BYTES, Pace } from "./pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function paced(bytesInASecond: number) {
  let bytes = 0;
  const stalled = vi.fn();
  const moving = setInterval(() => {
    bytes += bytesInASecond;
  }, 1000);
  const pace = new Pace(() => bytes, 10, stalled);
  return {
    stalled,
    end() {
      clearInterval(moving);
      pace[Symbol.dispose]();
    },
  };
}

test("bytes that keep coming are no stall, however long it takes", () => {
  const { stalled, end } = paced(PACE_BYTES / 9);
  vi.advanceTimersByTime(3_600_000);
  expect(stalled).not.toHaveBeenCalled();
  end();
});

test("a trickle is a stall, and so is silence", () => {
  for (const bytes of [0, 1, PACE_BYTES / 20]) {
    const { stalled, end } = paced(bytes);
    vi.advanceTimersByTime(10_000);
    expect(stalled).toHaveBeenCalledOnce();
    end();
  }
});

test("what has come to its end is waited for no more", () => {
  const stalled = vi.fn();
  using _pace = new Pace(() => Number.POSITIVE_INFINITY, 10, stalled);
  vi.advanceTimersByTime(100_000);
  expect(stalled).not.toHaveBeenCalled();
});
