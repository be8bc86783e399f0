/** How several measurements of one thing become a figure of a table. */

/** How often something was done in a second, and how many milliseconds it took. */
export interface Rate {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Of fewer the hundredth part is none. */
const ANSWERS_FOR_P99 = 100;

/** Of what took so many milliseconds each, and so many seconds in all. */
export const rateOf = (milliseconds: readonly number[], seconds: number): Rate => ({
  answers: milliseconds.length,
  perSecond: milliseconds.length / seconds,
  p50: percentile(milliseconds, 0.5),
  p99: milliseconds.length < ANSWERS_FOR_P99 ? Number.NaN : percentile(milliseconds, 0.99),
});

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle of the values, and the outermost. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Of an even number of values the mean of the two in the middle: the better of two runs is not what was measured. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The smallest value that at least this share of the values does not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** A dash for what is not known. */
const rounded = (value: number, decimals: number): string =>
  Number.isNaN(value)
    ? "–"
    : value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** `1,234 (1,200–1,300)`: the median, and between which values it lies; one run has no spread. */
export function figure(values: readonly number[], decimals = 0): string {
  const { median, min, max } = spreadOf(values);
  const text = rounded(median, decimals);
  return values.length > 1 ? `${text} (${rounded(min, decimals)}–${rounded(max, decimals)})` : text;
}

/** Latencies are told to the tenth of a millisecond, by the medians of their runs. */
export const milliseconds = (values: readonly number[]): string => rounded(median(values), 1);

/** Cells of a table for `perSecond`, `p50` and `p99`. */
export const rateCells = (runs: readonly Rate[], decimals = 0): string[] => [
  figure(
    runs.map(({ perSecond }) => perSecond),
    decimals,
  ),
  milliseconds(runs.map(({ p50 }) => p50)),
  milliseconds(runs.map(({ p99 }) => p99)),
];

/** Measures so many times, one after the other. */
export async function repeat<T>(runs: number, measure: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let run = 0; run < runs; run++) results.push(await measure());
  return results;
}
