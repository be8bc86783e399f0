/** One thing measured on both sides, and how the two compare. */
import { figure, type Rate, spreadOf } from "../figures.ts";

/** What there is of either side. */
export interface Pair<T> {
  readonly ours: T;
  readonly theirs: T;
}

/** A row of the table: a figure of each side for each run. */
export interface Comparison extends Pair<readonly number[]> {
  readonly what: string;
  readonly unit: string;
  /** Whether less is better: times and memory. */
  readonly less?: boolean;
  /** The ratio, ours to theirs, that is aimed at. */
  readonly goal?: number;
  /** What ours is bound by, as profiles showed it. */
  readonly limit?: string;
}

/** Of a table of comparisons. */
export const COLUMNS = ["work", "unit", "Glimpse", "Glance", "ratio", "goal", "", "limited by"] as const;

/** Run by run: the two sides of one are neighbours in time. */
const ratiosOf = ({ ours, theirs }: Comparison): number[] =>
  ours.map((value, run) => value / (theirs[run] ?? Number.NaN));

/** Cells of `COLUMNS`. */
function rowOf(comparison: Comparison): string[] {
  const { what, unit, ours, theirs, less = false, goal, limit = "" } = comparison;
  const ratios = ratiosOf(comparison);
  const isKnown = ratios.length > 0 && !ratios.some(Number.isNaN);
  const ratio = spreadOf(ratios).median;
  const decimals = (values: readonly number[]) => (spreadOf(values).median < 100 ? 1 : 0);
  const shown = (values: readonly number[]) =>
    values.some(Number.isNaN) || values.length === 0 ? "–" : figure(values, decimals(values));
  const met = less ? ratio <= (goal ?? 0) : ratio >= (goal ?? 0);
  return [
    what,
    unit,
    shown(ours),
    shown(theirs),
    isKnown ? figure(ratios, 2) : "–",
    goal === undefined ? "" : `${less ? "≤" : "≥"} ${Number(goal.toFixed(2))}`,
    goal === undefined || !isKnown ? "" : met ? "met" : "missed",
    limit,
  ];
}

/** Of both, in turn; the goals are those of the rate and of p99. */
export function rateComparisons(
  row: Pick<Comparison, "what" | "unit" | "limit">,
  { ours, theirs }: Pair<readonly Rate[]>,
  goals: readonly (number | undefined)[],
): Comparison[] {
  const of = (figure: (each: Rate) => number) => ({ ours: ours.map(figure), theirs: theirs.map(figure) });
  const [perSecond, p99] = goals.map((goal) => (goal === undefined ? {} : { goal }));
  return [
    { ...row, ...of((each) => each.perSecond), ...perSecond },
    { what: "", unit: "p50 ms", ...of((each) => each.p50), less: true },
    { what: "", unit: "p99 ms", ...of((each) => each.p99), less: true, ...p99 },
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
