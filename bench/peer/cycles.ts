/** How many images are created, and how many small ones created, filled and deleted, in a second by eight clients, by both? */
import { cycle, cyclesFor } from "../cycles.ts";
import type { Effort } from "../effort.ts";
import { createImage } from "../images.ts";
import type { Section } from "../table.ts";
import { COLUMNS, inTurn, ofEach, type Pair, rateComparisons, told } from "./comparison.ts";
import { processorCell, watchedRate } from "./processor.ts";
import { type Side, startBoth } from "./sides.ts";

const CLIENTS = 8;
const CYCLES_GOAL = 5;
const P99_GOAL = 0.2;
const WORKS = [
  {
    what: "create",
    work: createImage,
    limit: "the worker's thread, with one sync of the catalogue",
  },
  {
    what: "create, upload 1 MiB, delete",
    work: cycle,
    limit: "the worker's thread, and the 27 syncs that it waits for",
  },
] as const;

/** Rows of both works; the goals are those of the rate and of p99, for each work. */
export async function workRows(
  both: Pair<Side>,
  goals: readonly (readonly (number | undefined)[])[],
  effort: Effort,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [nth, { what, work, limit }] of WORKS.entries()) {
    const measure = (seconds: number) => (side: Side) =>
      watchedRate(side, () => cyclesFor(work, side, { atOnce: CLIENTS, seconds }));
    await inTurn(1, both, measure(2));
    const cycles = await inTurn(effort.runs, both, measure(effort.seconds * 2));
    const processor = processorCell(
      "ms",
      ofEach(cycles, ({ took }) => took),
    );
    const row = { what: `${what} × ${CLIENTS}`, unit: "a second", processor, limit };
    rows.push(...told(rateComparisons(row, cycles, goals[nth] ?? [])));
  }
  return rows;
}

/** A table of both works. */
export async function peerCycles(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const rows = await workRows(
    both,
    [
      [undefined, P99_GOAL],
      [CYCLES_GOAL, P99_GOAL],
    ],
    effort,
  );
  return { title: "Creating, and cycles, beside Glance", columns: COLUMNS, rows };
}
