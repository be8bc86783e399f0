/** Is a catalogue of a million images as fast as one of a thousand? Ours alone, read and written, with the same Keystone. */
import type { Effort } from "../effort.ts";
import { MILLION_GOAL } from "../lists.ts";
import { requestKinds } from "../request-kinds.ts";
import type { Section } from "../table.ts";
import { COLUMNS } from "./comparison.ts";
import { workRows } from "./cycles.ts";
import { rateRows, warmUp } from "./request-rates.ts";
import { startBoth } from "./sides.ts";
import { WRITES_A_SECOND } from "./writing.ts";

const FEW = 1_000;
const MANY = 1_000_000;
/** Of the rate and of p99: no more than a fifth slower. */
const GOALS = [MILLION_GOAL, 1 / MILLION_GOAL];

/** A table of shows and lists by two of ours, each with a catalogue of its own. */
export async function million(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const [few, many] = [FEW, effort.images ?? MANY];
  const [small, large] = [both.ours, await both.another()];
  await small.seed(few);
  await large.seed(many);
  const [ofMany, ofFew] = [requestKinds(many), requestKinds(few)];
  const kinds = ofMany.map((kind, nth) => ({
    ...kind,
    ours: { side: large, ...kind },
    theirs: { side: small, ...(ofFew[nth] ?? kind) },
  }));
  for (const { ours, theirs } of kinds.slice(0, 1)) for (const each of [theirs, ours]) await warmUp(each);
  const rows: string[][] = [];
  for (const { what, limit, ...sides } of kinds)
    rows.push(...(await rateRows(sides, { what, limit, goals: GOALS }, effort)));
  const written = { ours: large, theirs: small };
  rows.push(...(await workRows(written, { create: GOALS, cycle: GOALS }, effort)));
  const sizes = [many, few].map((images) => images.toLocaleString("en"));
  return {
    title: "Show, lists of 20, creating, and cycles, among many images beside a few: ours alone",
    note: `“Show, of many in turn” is of more images than there are copies there, and of what all has copies here: a copy or none. “Of pages in turn” is of more than there are copies on either side. “While others write” is up to ${WRITES_A_SECOND} times a second, each after the answer to the one before. Without copies on either side a show and each kind of list stand in the table of lists.`,
    columns: ["work", "unit", ...sizes, "ratio", ...COLUMNS.slice(-4)],
    rows,
  };
}
