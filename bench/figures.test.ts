import { expect, it } from "vitest";
import { figure, rateCells, rateOf } from "./figures.ts";

it("tells the time that so many of a hundred did not exceed, which is one that was measured", () => {
  const times = [5000, ...Array<number>(98).fill(100), 200];
  expect(rateOf(times, 4)).toEqual({ answers: 100, perSecond: 25, p50: 100, p99: 200 });
  expect(rateOf(times.slice(1), 4)).toMatchObject({ answers: 99, p50: 100, p99: Number.NaN });
  expect(rateOf([], 4)).toEqual({ answers: 0, perSecond: 0, p50: Number.NaN, p99: Number.NaN });
});

it("tells the median of several runs, and between which values they lie", () => {
  expect(figure([1300, 1200])).toBe("1,250 (1,200–1,300)");
  expect(figure([1.25, 3, 1], 1)).toBe("1.3 (1.0–3.0)");
  expect(figure([7])).toBe("7");
  expect(rateCells([rateOf([10, 20], 1)])).toEqual(["2", "10.0", "–"]);
});
