/** How much of the processor each program takes for the work that is measured. */
import { type Rate, spreadOf } from "../figures.ts";
import { canLookInside, cpuSecondsOf } from "../processes.ts";
import type { Pair } from "./comparison.ts";
import type { Side } from "./sides.ts";

/** Of a core, by program. */
export type Processor = Readonly<Record<string, number>>;

/** Whose programs are known. */
type Watched = Pick<Side, "pids">;

/** Among the programs of either side, where it is known what it took. */
const CLIENT = "client";

/** Less of a core is not told. */
const HARDLY_ANY = 0.005;

function secondsOf(side: Watched): Processor {
  const programs = canLookInside ? Object.entries(side.pids()) : [];
  return Object.fromEntries(programs.map(([name, pids]) => [name, cpuSecondsOf(pids)]));
}

/** What comes of `work`, and the seconds that the programs of a side have used meanwhile. */
export async function watched<T>(
  side: Watched,
  work: () => Promise<T>,
): Promise<{ readonly done: T; readonly used: Processor }> {
  const before = secondsOf(side);
  const done = await work();
  const used = Object.entries(secondsOf(side)).map(([name, seconds]) => [
    name,
    seconds - (before[name] ?? 0),
  ]);
  return { done, used: Object.fromEntries(used) };
}

/** The same for a part of it, or in another unit. */
export const scaled = (used: Processor, by: number): Processor =>
  Object.fromEntries(Object.entries(used).map(([name, seconds]) => [name, seconds * by]));

/** A rate, and the milliseconds of a core that each program took for one. */
export interface WatchedRate extends Rate {
  readonly took: Processor;
}

/** How often something was done, and what one took. */
export async function watchedRate(side: Watched, work: () => Promise<Rate>): Promise<WatchedRate> {
  const { done, used } = await watched(side, work);
  return { ...done, took: scaled(used, 1000 / done.answers) };
}

const medianOf = (runs: readonly Processor[], name: string): number =>
  spreadOf(runs.map((took) => took[name] ?? Number.NaN)).median;

/**
 * `worker 0.08, relay 0.10 ms; 7.31 there`: of theirs all programs together, their database too. A client that is told of is
 * told of apart.
 */
export function processorCell(unit: string, { ours, theirs }: Pair<readonly Processor[]>): string {
  const own = Object.keys(ours[0] ?? {})
    .map((name) => ({ name, took: medianOf(ours, name) }))
    .filter(({ took }) => took >= HARDLY_ANY)
    .map(({ name, took }) => `${name} ${took.toFixed(2)}`);
  const { client, ...programs } = theirs[0] ?? {};
  const there = Object.keys(programs).reduce((sum, name) => sum + medianOf(theirs, name), 0);
  return [
    ...(own.length > 0 ? [`${own.join(", ")} ${unit}`] : []),
    ...(there > 0 && there < Infinity ? [`${there.toFixed(2)} there`] : []),
    ...(client === undefined ? [] : [`its client ${medianOf(theirs, CLIENT).toFixed(2)}`]),
  ].join("; ");
}
