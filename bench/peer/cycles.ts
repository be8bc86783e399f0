/** How many images are created, and how many small ones created, filled and deleted, in a second by eight clients, by both? */
import { cycle, cyclesFor } from "../cycles.ts";
import type { Effort } from "../effort.ts";
import { createImage } from "../images.ts";
import type { Section } from "../table.ts";
import { COLUMNS, inTurn, ofEach, rateComparisons, told } from "./comparison.ts";
import { processorCell, watchedRate } from "./processor.ts";
import { type Side, startBoth } from "./sides.ts";

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
    limit: "the worker's thread, and the 27 syncs that it waits for",
  },
] as const;

/** A table of both works. */
export async function peerCycles(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const rows: string[][] = [];
  for (const { what, work, goals, limit } of WORKS) {
    const measure = (seconds: number) => (side: Side) =>
      watchedRate(side, seconds, () => cyclesFor(work, side, { atOnce: CLIENTS, seconds }));
    await inTurn(1, both, measure(2));
    const cycles = await inTurn(effort.runs, both, measure(effort.seconds * 2));
    const processor = processorCell(
      "ms",
      ofEach(cycles, ({ took }) => took),
    );
    const row = { what: `${what} × ${CLIENTS}`, unit: "a second", processor, limit };
    rows.push(...told(rateComparisons(row, cycles, goals)));
  }
  return { title: "Creating, and cycles, beside Glance", columns: COLUMNS, rows };
}
