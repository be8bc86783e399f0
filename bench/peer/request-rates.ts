/** How often, and how fast, requests of a kind are answered by both. */
import { millisecondsOf } from "../ask.ts";
import type { Effort } from "../effort.ts";
import type { Rate } from "../figures.ts";
import { load, NOT_MEASURED } from "../load.ts";
import { type Comparison, inTurn, type Pair, rateComparisons, told } from "./comparison.ts";
import type { Side } from "./sides.ts";

const WARM_UP_SECONDS = 4;
/** Who takes longer for one answer is asked by one connection alone: 64 of them would wait for minutes. */
const SLOW_SECONDS = 1.5;

interface Asked {
  readonly side: Side;
  readonly paths: readonly string[];
}

const loadOf = ({ side, paths }: Asked, connections: number, seconds: number): Promise<Rate> =>
  load({ url: side.url, headers: side.headers, paths, connections, seconds });

/** What has just been started, or filled, is not yet what it will be: neither compiled nor in memory. */
export async function warmUp(asked: Asked): Promise<void> {
  await loadOf(asked, 16, WARM_UP_SECONDS);
}

async function measure(asked: Asked, connections: number, effort: Effort): Promise<Rate> {
  const one = (await millisecondsOf(asked.side, asked.paths[0] ?? "")) / 1000;
  if (one > SLOW_SECONDS && connections > 1) return NOT_MEASURED;
  return loadOf(asked, connections, Math.max(effort.seconds, Math.ceil(3 * one)));
}

/** Rows of one kind of requests, by each number of connections; the goals are those of the rate and of p99. */
export async function rateRows(
  asked: Pair<Asked>,
  { what, goals, ...row }: Pick<Comparison, "what" | "limit"> & { goals: readonly (number | undefined)[] },
  effort: Effort,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const connections of effort.connections) {
    const rates = await inTurn(effort.runs, asked, (each) => measure(each, connections, effort));
    const more = { what: `${what} × ${connections}`, unit: "requests/s" };
    rows.push(...told(rateComparisons({ ...row, ...more }, rates, goals)));
  }
  return rows;
}
