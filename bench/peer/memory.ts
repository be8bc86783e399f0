/**
 * How much memory do all processes of each take, at rest and at work, and how long until the first answers? Each is started
 * anew for each run.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Effort } from "../effort.ts";
import { load } from "../load.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, told } from "./comparison.ts";
import { memoryOf, memoryRows, peakOf } from "./held-memory.ts";
import { Both, type Side } from "./sides.ts";
import { downloads, remove, upload } from "./transfers.ts";

const IMAGES = 1_000;
const UPLOADS = 4;
const DOWNLOADS = 8;
const LIST = "/v2/images?limit=20";
async function work(side: Side, headers: Readonly<Record<string, string>>, bytes: number): Promise<void> {
  const asked = { side, headers, store: "fast", bytes };
  const ids = await Promise.all(Array.from({ length: UPLOADS }, () => upload(asked, { known: false })));
  for (const id of ids.slice(0, 1)) await downloads(asked, id, DOWNLOADS);
  for (const paths of [[LIST], ids.map((id) => `/v2/images/${id}`)])
    await load({ url: side.url, headers, paths, connections: 16, seconds: 3 });
  await remove(asked, ids);
}

async function millisecondsOf(asked: () => Promise<Response>): Promise<number> {
  const started = performance.now();
  const answer = await asked();
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  return performance.now() - started;
}

/** Seconds from its start to its first answer. */
async function secondsToStart(side: Side): Promise<number> {
  await side.stop();
  const started = performance.now();
  const ready = side.start();
  for (;;) {
    const answer = await fetch(`${side.url}/v2/images`).catch(() => undefined);
    if (answer?.status === 401) break;
    await wait(10);
  }
  const seconds = (performance.now() - started) / 1000;
  await ready;
  return seconds;
}

/** From a start on. At rest it has answered: what is loaded with the first answer is there. */
async function life(side: Side, headers: Readonly<Record<string, string>>, bytes: number) {
  const start = await secondsToStart(side);
  const list = () => fetch(side.url + LIST, { headers });
  const cold = await millisecondsOf(list);
  const warm = await millisecondsOf(list);
  const rest = memoryOf(side);
  return { start, cold, warm, rest, peak: await peakOf(side, () => work(side, headers, bytes)) };
}

export async function peerMemory(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const { headers } = both;
  await Promise.all([both.ours.seed(IMAGES), both.theirs.seed(IMAGES)]);
  const { ours, theirs } = await inTurn(
    effort.runs,
    () => life(both.ours, headers, effort.together),
    () => life(both.theirs, headers, effort.together),
  );
  const of = <T>(figure: (each: (typeof ours)[number]) => T) => ({
    ours: ours.map(figure),
    theirs: theirs.map(figure),
  });
  const rows: Comparison[] = [
    {
      ...{ what: "from start to first answer", unit: "s", ...of(({ start }) => start), less: true },
      limit: "Node, a bundle of the worker, Miniflare and workerd; theirs with its script, some 0.4 s",
    },
    { what: "first list after it", unit: "ms", ...of(({ cold }) => cold), less: true },
    { what: "the same once more", unit: "ms", ...of(({ warm }) => warm), less: true },
    ...memoryRows(
      "memory at rest",
      of(({ rest }) => rest),
    ),
    ...memoryRows(
      "memory at its peak",
      of(({ peak }) => peak),
    ),
  ];
  return {
    title: "Memory and start beside Glance",
    note: `Every process that serves: what each has for itself, and the pages of files, each once for a side, so that nobody else who runs the same programs takes a share. At its peak: ${UPLOADS} uploads, ${DOWNLOADS} downloads, then lists and shows by 16 connections.`,
    columns: COLUMNS,
    rows: told(rows),
  };
}
