/** How many images are created, and how many small ones created, filled and deleted, in a second by eight clients, by both? */
import { randomUUID } from "node:crypto";
import { WORKERD_V8_FLAGS } from "../../launcher/v8-flags.ts";
import { type Access, ask } from "../ask.ts";
import { send } from "../bytes.ts";
import { cycle, cyclesFor, SMALL } from "../cycles.ts";
import type { Effort } from "../effort.ts";
import { BareWorkerd } from "../floors/bare.ts";
import { HASHING_SERVER } from "../floors/bytes.ts";
import { Folder } from "../folder.ts";
import { Forked } from "../forked.ts";
import { createImage } from "../images.ts";
import { atRest } from "../processes.ts";
import type { Section } from "../table.ts";
import { COLUMNS, inTurn, ofEach, type Pair, rateComparisons, told } from "./comparison.ts";
import { processorCell, watchedRate } from "./processor.ts";
import { type Side, startBoth } from "./sides.ts";

const CLIENTS = 8;
const WARM_UP_SECONDS = 2;
const CYCLES_GOAL = 5;
const P99_GOAL = 0.2;
const WORKS = {
  create: {
    what: "create",
    work: createImage,
    limit: "the worker's thread, with one sync of the catalogue",
  },
  cycle: {
    what: "create, upload 1 MiB, delete",
    work: cycle,
    limit: "the worker's thread, and the 26 syncs that it waits for",
  },
} as const;

/** Of the rate and of p99. */
type Goals = readonly (number | undefined)[];

interface Worker {
  readonly side: Access & Pick<Side, "pids">;
  readonly work: (access: Access) => Promise<unknown>;
}

/** Rows of one work, which the two may do in ways of their own. */
async function workRow(
  both: Pair<Worker>,
  { what, limit, goals }: { what: string; limit: string; goals: Goals },
  effort: Effort,
): Promise<string[][]> {
  const measure =
    (seconds: number) =>
    async ({ side, work }: Worker) => {
      const rate = await watchedRate(side, () => cyclesFor(work, side, { atOnce: CLIENTS, seconds }));
      await atRest();
      return rate;
    };
  await inTurn(1, both, measure(WARM_UP_SECONDS));
  const cycles = await inTurn(effort.runs, both, measure(effort.slowSeconds));
  const processor = processorCell(
    "ms",
    ofEach(cycles, ({ took }) => took),
  );
  const row = { what: `${what} × ${CLIENTS}`, unit: "a second", processor, limit };
  return told(rateComparisons(row, cycles, goals));
}

/** Rows of both works. */
export async function workRows(
  { ours, theirs }: Pair<Side>,
  goals: Readonly<Record<keyof typeof WORKS, Goals>>,
  effort: Effort,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const name of ["create", "cycle"] as const) {
    const { work, ...row } = WORKS[name];
    const both = { ours: { side: ours, work }, theirs: { side: theirs, work } };
    rows.push(...(await workRow(both, { ...row, goals: goals[name] }, effort)));
  }
  return rows;
}

/** By a Node that hashes and keeps the bytes, before a worker that writes (../floors/). */
async function bareCycle(access: Access): Promise<void> {
  const path = `/${randomUUID()}`;
  await ask(access, "POST", path);
  await send(access.url + path, {}, SMALL);
  await ask(access, "DELETE", path);
}

/** A worker that does no more than the writes of a cycle, in the place of ours: by itself, and behind a bare Node as in a cycle. */
async function bareRows(theirs: Side, goals: Goals, effort: Effort): Promise<string[][]> {
  await using worker = await BareWorkerd.start(effort.dir, ...WORKERD_V8_FLAGS);
  await using folder = new Folder(effort.dir);
  await using server = await Forked.start(HASHING_SERVER, folder.path, worker.url);
  const processes = { worker: [worker.pid], relay: [server.pid] };
  const alone = { url: worker.url, headers: {}, pids: () => ({ worker: processes.worker }) };
  const behind = { url: server.url, headers: {}, pids: () => processes };
  await ask(alone, "GET", "/make-there/0");
  const writes = (access: Access) => ask(access, "GET", "/cycle");
  const rows: string[][] = [];
  for (const { what, ours, limit } of [
    {
      what: "the writes of a cycle by a bare worker, in Glimpse's place",
      ours: { side: alone, work: writes },
      limit: "workerd's thread, and 19 syncs",
    },
    {
      what: "a cycle by a bare Node that hashes before it, in Glimpse's place",
      ours: { side: behind, work: bareCycle },
      limit: "workerd's thread, and both cores",
    },
  ])
    rows.push(
      ...(await workRow({ ours, theirs: { side: theirs, work: cycle } }, { what, limit, goals }, effort)),
    );
  return rows;
}

/** A table of both works. */
export async function peerCycles(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const goals = { create: [undefined, P99_GOAL], cycle: [CYCLES_GOAL, P99_GOAL] };
  const rows = await workRows(both, goals, effort);
  rows.push(...(await bareRows(both.theirs, goals.cycle, effort)));
  return { title: "Creating, and cycles, beside Glance", columns: COLUMNS, rows };
}
