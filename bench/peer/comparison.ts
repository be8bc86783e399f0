/** One thing measured on both sides, and how the two compare. */
import { figure, type Rate, spreadOf } from "../figures.ts";

/** What there is of either side. */
export interface Pair<T> {
  readonly ours: T;
  readonly theirs: T;
}

/** Something of each run, of either side. */
export const ofEach = <T, U>({ ours, theirs }: Pair<readonly T[]>, part: (each: T) => U): Pair<U[]> => ({
  ours: ours.map((each) => part(each)),
  theirs: theirs.map((each) => part(each)),
});

/** A row of the table: a figure of each side for each run. */
export interface Comparison extends Pair<readonly number[]> {
  readonly what: string;
  readonly unit: string;
  /** Whether less is better: times and memory. */
  readonly less?: boolean;
  /** The ratio, ours to theirs, that is aimed at. */
  readonly goal?: number;
  /** What theirs is no less than, for where it is not known: tells whether a goal of less is met all the same. */
  readonly theirsAtLeast?: readonly number[];
  /** What the programs of both took of the processor meanwhile. */
  readonly processor?: string;
  /** What ours is bound by, as profiles showed it. */
  readonly limit?: string;
}

/** Of a table of comparisons. */
export const COLUMNS = [
  ...["work", "unit", "Glimpse", "Glance", "ratio", "goal", "", "of a core, each", "limited by"],
] as const;

const isKnown = (values: readonly number[]) => values.length > 0 && !values.some(Number.isNaN);

/** Run by run: the two sides of one are neighbours in time. */
const ratiosOf = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.map((value, run) => value / (theirs[run] ?? Number.NaN));

/** The ratio, and what becomes of the goal. */
function ratioCells({ ours, theirs, theirsAtLeast = [], less = false, goal }: Comparison): [string, string] {
  const ratios = ratiosOf(ours, theirs);
  if (isKnown(ratios)) {
    const { median } = spreadOf(ratios);
    const isMet = goal !== undefined && (less ? median <= goal : median >= goal);
    return [figure(ratios, 2), goal === undefined ? "" : isMet ? "met" : "missed"];
  }
  const most = ratiosOf(ours, theirsAtLeast);
  if (!isKnown(most)) return ["–", ""];
  const isMet = goal !== undefined && less && spreadOf(most).median <= goal;
  return [`at most ${figure(most, 2)}`, isMet ? "met" : ""];
}

/** Cells of `COLUMNS`. */
export function rowOf(comparison: Comparison): string[] {
  const { what, unit, ours, theirs, less = false, goal, processor = "", limit = "" } = comparison;
  const shown = (values: readonly number[]) =>
    isKnown(values) ? figure(values, spreadOf(values).median < 100 ? 1 : 0) : "–";
  const [ratio, verdict] = ratioCells(comparison);
  const aim = goal === undefined ? "" : `${less ? "≤" : "≥"} ${Number(goal.toFixed(2))}`;
  return [what, unit, shown(ours), shown(theirs), ratio, aim, verdict, processor, limit];
}

/** Of both, in turn; the goals are those of the rate and of p99. */
export function rateComparisons(
  row: Pick<Comparison, "what" | "unit" | "processor" | "limit">,
  rates: Pair<readonly Rate[]>,
  goals: readonly (number | undefined)[],
): Comparison[] {
  const [perSecond, p99] = goals.map((goal) => (goal === undefined ? {} : { goal }));
  return [
    { ...row, ...ofEach(rates, (each) => each.perSecond), ...perSecond },
    { what: "", unit: "p50 ms", ...ofEach(rates, (each) => each.p50), less: true },
    // Half of the answers took at least their p50, and so did one of a hundred.
    {
      ...{ what: "", unit: "p99 ms", ...ofEach(rates, (each) => each.p99), less: true, ...p99 },
      theirsAtLeast: rates.theirs.map((each) => each.p50),
    },
  ];
}

/** Rows of the table, which whoever waits for it is shown meanwhile. */
export function told(comparisons: readonly Comparison[]): string[][] {
  const rows = comparisons.map(rowOf);
  process.stderr.write(`${rows.map((row) => row.join(" | ")).join("\n")}\n`);
  return rows;
}

/**
 * Measures both in turn, so many times, so that what else the machine does falls upon both; who begins changes with each
 * run.
 */
export async function inTurn<S, T>(
  runs: number,
  both: Pair<S>,
  measure: (side: S) => Promise<T>,
): Promise<Pair<T[]>> {
  const measured: Pair<T[]> = { ours: [], theirs: [] };
  for (let run = 0; run < runs; run++)
    for (const side of run % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const))
      measured[side].push(await measure(both[side]));
  return measured;
}
