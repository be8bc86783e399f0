import { expect, it } from "vitest";
import { type Comparison, rateComparisons, rowOf } from "./comparison.ts";
import { processorCell } from "./processor.ts";

const P99_GOAL = { what: "", unit: "p99 ms", less: true, goal: 0.2 } as const;
const verdictOf = (comparison: Comparison) => rowOf(comparison).slice(4, 7);

it("compares run by run with its neighbour in time, and tells what becomes of the goal", () => {
  expect(
    verdictOf({ what: "show", unit: "requests/s", ours: [800, 1000], theirs: [100, 100], goal: 8 }),
  ).toEqual(["9.00 (8.00–10.00)", "≥ 8", "met"]);
  expect(verdictOf({ ...P99_GOAL, ours: [1.5], theirs: [5] })).toEqual(["0.30", "≤ 0.2", "missed"]);
});

it("takes their p50 for the least that their p99 can be, which says when a goal is met and never when it is missed", () => {
  const unknown = { ...P99_GOAL, theirs: [Number.NaN], theirsAtLeast: [10] };
  expect(verdictOf({ ...unknown, ours: [1] })).toEqual(["at most 0.10", "≤ 0.2", "met"]);
  expect(verdictOf({ ...unknown, ours: [5] })).toEqual(["at most 0.50", "≤ 0.2", ""]);
  expect(verdictOf({ ...unknown, ours: [1], theirsAtLeast: [Number.NaN] })).toEqual(["–", "≤ 0.2", ""]);
});

it("says nothing of a rate that is not known", () => {
  const rates = {
    ours: [{ answers: 9, perSecond: 9, p50: 1, p99: 2 }],
    theirs: [{ answers: 3, perSecond: 3, p50: 20, p99: Number.NaN }],
  };
  const [, , p99] = rateComparisons({ what: "list", unit: "requests/s" }, rates, [10, 0.2]).map(verdictOf);
  expect(p99).toEqual(["at most 0.10", "≤ 0.2", "met"]);
});

it("tells what the programs took of the processor, theirs together, and nothing of what took hardly any", () => {
  const ours = [
    { launcher: 0.001, worker: 0.08, relay: 0.1 },
    { launcher: 0.001, worker: 0.1, relay: 0.1 },
  ];
  const theirs = [
    { glance: 6, mariadb: 1 },
    { glance: 7, mariadb: 1 },
  ];
  expect(processorCell("ms", { ours, theirs })).toBe("worker 0.09, relay 0.10 ms; 7.50 there");
  expect(processorCell("ms", { ours: [{}], theirs: [{}] })).toBe("");
});
