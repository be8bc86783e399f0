/** How many small images are created, filled and deleted in a second by eight clients, by both? */
import { type Cycles, cyclesFor } from "../cycles.ts";
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, rowOf } from "./comparison.ts";
import { Both, type Side } from "./sides.ts";

const CLIENTS = 8;

export async function peerCycles(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const measure = (side: Side, seconds: number) =>
    cyclesFor(side.url, { ...both.headers }, { atOnce: CLIENTS, seconds });
  for (const side of [both.ours, both.theirs]) await measure(side, 2);
  const seconds = effort.seconds * 2;
  const cycles = await inTurn(
    effort.runs,
    () => measure(both.ours, seconds),
    () => measure(both.theirs, seconds),
  );
  const of = (figure: (each: Cycles) => number) => ({
    ours: cycles.ours.map(figure),
    theirs: cycles.theirs.map(figure),
  });
  const what = `create, upload 1 MiB, delete × ${CLIENTS}`;
  const comparisons: Comparison[] = [
    { what, unit: "cycles/s", ...of((each) => each.perSecond), goal: 5 },
    { what: "", unit: "p50 ms", ...of((each) => each.p50), less: true },
    { what: "", unit: "p99 ms", ...of((each) => each.p99), less: true, goal: 0.2 },
  ];
  return { title: "Cycles beside Glance", columns: COLUMNS, rows: comparisons.map(rowOf) };
}
