/**
 * How often can one workerd be asked for what a cycle is made of? By eight connections, of a worker that does nothing else. It
 * does all of it on one thread.
 */
import { ask } from "../ask.ts";
import type { Effort } from "../effort.ts";
import { figure, repeat, spreadOf } from "../figures.ts";
import { load } from "../load.ts";
import { cpuSecondsNow } from "../processes.ts";
import type { Section } from "../table.ts";
import { BareWorkerd } from "./bare.ts";

const CONNECTIONS = 8;
/** Of the objects that are there: as many as there are requests at once. */
const NAMES = Array.from({ length: CONNECTIONS }, (_, name) => String(name));

const each = (what: string) => NAMES.map((name) => `/${what}/${name}`);

const REQUESTS: readonly { readonly what: string; readonly paths: readonly string[] }[] = [
  { what: "is answered, and no more", paths: ["/image"] },
  { what: "calls an object that is there", paths: each("call") },
  { what: "has it read a row", paths: each("read") },
  { what: "has it write a row", paths: each("write") },
  { what: "reads D1", paths: ["/read-d1"] },
  { what: "writes a batch of two there", paths: ["/write-d1"] },
  { what: "makes an object with one table and one row", paths: ["/make"] },
  { what: "the same with an alarm, then `deleteAll`", paths: ["/make-and-empty"] },
  { what: "that, 2 more writes there and 5 of one object for all: a cycle", paths: ["/cycle"] },
];

interface Asked {
  readonly perSecond: number;
  /** Milliseconds of workerd's processor time for a request. */
  readonly cpu: number;
}

async function asked(bare: BareWorkerd, paths: readonly string[], seconds: number): Promise<Asked> {
  const before = cpuSecondsNow(bare.pid);
  const { perSecond } = await load({ url: bare.url, headers: {}, paths, connections: CONNECTIONS, seconds });
  return { perSecond, cpu: ((cpuSecondsNow(bare.pid) - before) * 1000) / (perSecond * seconds) };
}

function cells(runs: readonly Asked[]): string[] {
  const rates = runs.map(({ perSecond }) => perSecond);
  const cpu = spreadOf(runs.map((run) => run.cpu)).median;
  return [figure(rates), (1000 / spreadOf(rates).median).toFixed(3), cpu.toFixed(3)];
}

/** A table of requests, of which each does one thing more than the one before. */
export async function objectFloors({ dir, runs, seconds }: Effort): Promise<Section> {
  await using bare = await BareWorkerd.start(dir);
  const access = { url: bare.url, headers: {} };
  for (const path of ["/make-d1", ...each("make-there")]) await ask(access, "GET", path);
  const rows: string[][] = [];
  for (const { what, paths } of REQUESTS)
    rows.push([what, ...cells(await repeat(runs, () => asked(bare, paths, seconds)))]);
  return {
    title: "Floors of a cycle: one request to a bare worker on Miniflare's workerd",
    note: `By ${CONNECTIONS} connections; of as many objects in turn, where they are there. “ms”: a second by the rate.`,
    columns: ["one request that", "requests/s", "ms", "CPU ms: workerd"],
    rows,
  };
}
