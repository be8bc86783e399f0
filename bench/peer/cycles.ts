/** How many images are created, and how many small ones created, filled and deleted, in a second by eight clients, by both? */
import { createImage, cycle, cyclesFor } from "../cycles.ts";
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, rateComparisons, rowOf } from "./comparison.ts";
import { Both, type Side } from "./sides.ts";

const CLIENTS = 8;
const WORKS = [
  {
    what: "create",
    work: createImage,
    goals: [undefined, undefined],
    limit: "the worker's thread, with one sync of the catalogue",
  },
  {
    what: "create, upload 1 MiB, delete",
    work: cycle,
    goals: [5, 0.2],
    limit: "the worker's thread: 13 ms of a core and 27 syncs",
  },
] as const;

async function compare(
  both: Both,
  { what, work, goals, limit }: (typeof WORKS)[number],
  effort: Effort,
): Promise<Comparison[]> {
  const measure = (side: Side, seconds: number) =>
    cyclesFor(work, side.url, { ...both.headers }, { atOnce: CLIENTS, seconds });
  for (const side of [both.ours, both.theirs]) await measure(side, 2);
  const seconds = effort.seconds * 2;
  const cycles = await inTurn(
    effort.runs,
    () => measure(both.ours, seconds),
    () => measure(both.theirs, seconds),
  );
  return rateComparisons({ what: `${what} × ${CLIENTS}`, unit: "a second", limit }, cycles, goals);
}

export async function peerCycles(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const rows: string[][] = [];
  for (const work of WORKS) rows.push(...(await compare(both, work, effort)).map(rowOf));
  return { title: "Creating, and cycles, beside Glance", columns: COLUMNS, rows };
}
