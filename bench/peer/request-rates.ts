/** How often, and how fast, requests of a kind are answered by both. */
import { type Access, millisecondsOf } from "../ask.ts";
import type { Effort } from "../effort.ts";
import { load, NOT_MEASURED } from "../load.ts";
import { atRest } from "../processes.ts";
import type { RequestKind } from "../request-kinds.ts";
import { inTurn, ofEach, type Pair, rateComparisons, told } from "./comparison.ts";
import { processorCell, type WatchedRate, watchedRate } from "./processor.ts";
import type { Side } from "./sides.ts";
import { whileWritten } from "./writing.ts";

const WARM_UP_SECONDS = 4;
/** Answers that a rate is told of, where one is aimed at. */
export const ANSWERS = 300;
/** And so many for each connection: threads that take turns answer all at the same time, and the end cuts that off. */
export const ROUNDS = 8;
/** Elsewhere, for each connection; and it may take half as long at most. */
const EACH_ONCE = 1.5;
/** Processes in which Glance works at the same time. */
const AT_ONCE = 2;
const ALONE = "each waits for the other: client, relay and worker";

interface Asked extends Pick<RequestKind, "paths" | "written"> {
  readonly side: Access & Pick<Side, "pids">;
}

/** Keeps connections busy, and lets a side come to an end with what was under way: the next is measured alone. */
async function loadAlone(
  { side, paths, written }: Asked,
  connections: number,
  seconds: number,
): Promise<WatchedRate> {
  const { url, headers } = side;
  const asked = () => watchedRate(side, () => load({ url, headers, paths, connections, seconds }));
  const rate = await (written ? whileWritten(side, asked) : asked());
  await atRest();
  return rate;
}

/** What has just been started, or filled, is not yet what it will be: neither compiled nor in memory. */
export async function warmUp(asked: Asked): Promise<void> {
  await loadAlone(asked, 16, WARM_UP_SECONDS);
}

interface How {
  readonly connections: number;
  readonly effort: Effort;
  readonly isAimedAt: boolean;
}

/** For as long as one request says that it takes. */
async function measure(asked: Asked, { connections, effort, isAimedAt }: How): Promise<WatchedRate> {
  const one = (await millisecondsOf(asked.side, asked.paths[0] ?? "")) / 1000;
  const each = one / Math.min(connections, AT_ONCE);
  const answers = isAimedAt ? Math.max(ANSWERS, ROUNDS * connections) : EACH_ONCE * connections;
  const most = isAimedAt ? effort.slowSeconds : effort.slowSeconds / 2;
  const seconds = Math.max(effort.seconds, Math.ceil(Math.min(most, answers * each)));
  return connections * each > seconds
    ? { ...NOT_MEASURED, took: {} }
    : loadAlone(asked, connections, seconds);
}

/** Rows of one kind of requests, by each number of connections; the goals are those of the rate and of p99. */
export async function rateRows(
  asked: Pair<Asked>,
  { what, goals, limit }: Pick<RequestKind, "what" | "limit"> & { goals: readonly (number | undefined)[] },
  effort: Effort,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const connections of effort.connections) {
    const how = { connections, effort, isAimedAt: goals[0] !== undefined };
    const rates = await inTurn(effort.runs, asked, (each) => measure(each, how));
    const processor = processorCell(
      "ms",
      ofEach(rates, ({ took }) => took),
    );
    const row = { what: `${what} × ${connections}`, unit: "requests/s", processor };
    rows.push(...told(rateComparisons({ ...row, limit: connections === 1 ? ALONE : limit }, rates, goals)));
  }
  return rows;
}
