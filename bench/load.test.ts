import { expect, it } from "vitest";
import { asAnswered } from "./load.ts";

/** What `wrk` 4 does to what it has counted (stats.c, stats_correct). */
function asWrkSays(answers: ReadonlyMap<number, number>, average: number): Map<number, number> {
  const said = new Map(answers);
  for (const [took] of [...answers].sort(([one], [other]) => one - other)) {
    if (took < 2 * average) continue;
    const count = said.get(took) ?? 0;
    for (let at = took - average; at > average; at -= average) said.set(at, (said.get(at) ?? 0) + count);
  }
  return said;
}

it("tells the answers that there were, without those that wrk adds for slow ones", () => {
  const answers = new Map([
    [90, 60],
    [100, 30],
    [250, 3],
    [350, 2],
    [1050, 1],
  ]);
  const said = asWrkSays(answers, 100);
  expect(said).not.toEqual(answers);
  const found = Map.groupBy(asAnswered(said, 100), (took) => took);
  expect(new Map([...found].map(([took, all]) => [took, all.length]))).toEqual(answers);
});
