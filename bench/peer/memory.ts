/** How much memory do all processes of each take, at rest and at work, and how long until the first answer? */
import { setInterval, setTimeout as wait } from "node:timers/promises";
import { type Effort, inMiB } from "../effort.ts";
import { pssOf } from "../processes.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, rowOf } from "./comparison.ts";
import { load } from "./load.ts";
import { Both, type Side } from "./sides.ts";
import { downloads, remove, upload } from "./transfers.ts";

const IMAGES = 1_000;
const UPLOADS = 4;
const DOWNLOADS = 8;
/** Glance's database and cache are stated apart: others use them too. */
const APART = ["mariadb", "memcached"];

/** MiB by what they are of, and of all that serve. */
type Memory = Record<string, number>;

function memoryOf(side: Side): Memory {
  const parts = Object.entries(side.pids()).map(
    ([name, pids]) => [name, pids.map(pssOf).reduce((a, b) => a + b, 0)] as const,
  );
  const all = parts.filter(([name]) => !APART.includes(name)).reduce((sum, [, bytes]) => sum + bytes, 0);
  return Object.fromEntries([...parts, ["all", all] as const].map(([name, bytes]) => [name, inMiB(bytes)]));
}

/** The most of each while it works, looked at five times a second. */
async function peakDuring(side: Side, work: () => Promise<unknown>): Promise<Memory> {
  const peak = memoryOf(side);
  const stop = new AbortController();
  const watch = (async () => {
    for await (const _ of setInterval(200, undefined, { signal: stop.signal }))
      for (const [name, mib] of Object.entries(memoryOf(side))) peak[name] = Math.max(peak[name] ?? 0, mib);
  })().catch((error: Error) => {
    if (error.name !== "AbortError") throw error;
  });
  await work().finally(() => stop.abort());
  await watch;
  return peak;
}

async function work(side: Side, headers: Readonly<Record<string, string>>, bytes: number): Promise<void> {
  const asked = { side, headers, store: "fast", bytes };
  const ids = await Promise.all(Array.from({ length: UPLOADS }, () => upload(asked, { known: false })));
  for (const id of ids.slice(0, 1)) await downloads(asked, id, DOWNLOADS);
  const list = { url: side.url, headers, paths: ["/v2/images?limit=20"] };
  await load({ ...list, connections: 16, seconds: 3 });
  await remove(asked, ids);
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

export async function peerMemory(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const { ours, theirs, headers } = both;
  await Promise.all([ours.seed(IMAGES), theirs.seed(IMAGES)]);
  const start = await inTurn(
    effort.runs,
    () => secondsToStart(ours),
    () => secondsToStart(theirs),
  );
  // Both have answered once: what is loaded with the first answer is there.
  for (const side of [ours, theirs]) await fetch(`${side.url}/v2/images`, { headers });
  const rest = { ours: memoryOf(ours), theirs: memoryOf(theirs) };
  const peak = {
    ours: await peakDuring(ours, () => work(ours, headers, effort.together)),
    theirs: await peakDuring(theirs, () => work(theirs, headers, effort.together)),
  };
  const mib = (what: string, memory: { ours: Memory; theirs: Memory }): Comparison[] => [
    {
      what,
      unit: "MiB",
      ours: [memory.ours.all ?? 0],
      theirs: [memory.theirs.all ?? 0],
      less: true,
      goal: 1,
      limit: "what Node and workerd take for themselves (below)",
    },
    ...["launcher", "workerd", "relay"].map((name) => ({
      what: name,
      unit: "MiB",
      ours: [memory.ours[name] ?? 0],
      theirs: [],
    })),
    ...APART.map((name) => ({ what: name, unit: "MiB", ours: [], theirs: [memory.theirs[name] ?? 0] })),
  ];
  const rows: Comparison[] = [
    {
      what: "from start to first answer",
      unit: "s",
      ...start,
      less: true,
      limit: "Node, a bundle of the worker, Miniflare and workerd",
    },
    ...mib("memory at rest", rest),
    ...mib("memory at its peak", peak),
  ];
  return {
    title: "Memory and start beside Glance",
    note: `PSS of every process that serves; at its peak: ${UPLOADS} uploads, ${DOWNLOADS} downloads, then lists by 16 connections.`,
    columns: COLUMNS,
    rows: rows.map(rowOf),
  };
}
