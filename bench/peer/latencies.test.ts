import { describe, expect, it } from "vitest";
import { asAnswered, type Latencies, percentile } from "./latencies.ts";

/** What `wrk` 4 does to what it has counted (stats.c, stats_correct). */
function asWrkSays(answers: Latencies, average: number): Latencies {
  const said = new Map(answers);
  for (const [took] of [...answers].sort(([one], [other]) => one - other)) {
    if (took < 2 * average) continue;
    const count = said.get(took) ?? 0;
    for (let at = took - average; at > average; at -= average) said.set(at, (said.get(at) ?? 0) + count);
  }
  return said;
}

describe("latencies", () => {
  it("are those of the answers that there were, without what wrk adds for slow ones", () => {
    const answers = new Map([
      [90, 60],
      [100, 30],
      [250, 3],
      [350, 2],
      [1050, 1],
    ]);
    const said = asWrkSays(answers, 100);
    expect(said).not.toEqual(answers);
    const found = [...asAnswered(said, 100)].filter(([, count]) => count > 0);
    expect(found.sort(([one], [other]) => one - other)).toEqual([...answers]);
  });

  it("have percentiles, which are answers' own", () => {
    const answers = new Map([
      [5000, 1],
      [100, 98],
      [200, 1],
    ]);
    expect([50, 98, 99, 100].map((percent) => percentile(answers, percent))).toEqual([100, 100, 200, 5000]);
    expect(percentile(new Map(), 50)).toBeNaN();
  });
});
