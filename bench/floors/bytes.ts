/**
 * How fast could bytes be taken in, hashed and made safe by a Node program that does no more, and how fast are the digests by
 * themselves?
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { mibPerSecond, STOCK_PIECE, send } from "../bytes.ts";
import { amount, type Effort, inMiB, sizeName } from "../effort.ts";
import { figure, repeat } from "../figures.ts";
import { Folder } from "../folder.ts";
import { Forked } from "../forked.ts";
import { cpuSecondsOf } from "../processes.ts";
import type { Section } from "../table.ts";

/** The least that an upload takes in a Node program. */
export const HASHING_SERVER = new URL("hashing-server.ts", import.meta.url);
const DIGESTS = new URL("digests.ts", import.meta.url);

interface Received {
  readonly count: number;
  readonly bytes: number;
}

interface Timed {
  readonly speed: number;
  /** Processor seconds for a GiB. */
  readonly cpu: number;
}

async function timed(pid: number, bytes: number, work: () => Promise<unknown>): Promise<Timed> {
  const before = cpuSecondsOf([pid]);
  const speed = await mibPerSecond(bytes, work);
  return { speed, cpu: (cpuSecondsOf([pid]) - before) / (inMiB(bytes) / 1024) };
}

/** So many uploads at once, in pieces as stock clients send them. */
export async function received(server: Forked, { count, bytes }: Received): Promise<Timed> {
  const files = Array.from({ length: count }, (_, i) => `${server.url}/image-${i}`);
  const result = await timed(server.pid, count * bytes, () =>
    Promise.all(files.map((file) => send(file, {}, { bytes, pieceBytes: STOCK_PIECE }))),
  );
  await Promise.all(files.map((file) => fetch(file, { method: "DELETE" })));
  return result;
}

/** Each thread hashes as many, which it has in memory. */
async function hashed(threads: readonly Worker[], bytes: number): Promise<Timed> {
  return timed(process.pid, threads.length * bytes, () =>
    Promise.all(
      threads.map((thread) => {
        thread.postMessage(bytes);
        return once(thread, "message");
      }),
    ),
  );
}

async function digestRuns({ runs, alone }: Effort): Promise<Timed[]> {
  const threads = Array.from({ length: availableParallelism() }, () => new Worker(DIGESTS));
  try {
    await Promise.all(threads.map((thread) => once(thread, "message")));
    return await repeat(runs, () => hashed(threads, alone));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

async function uploads({ dir, runs, alone }: Effort): Promise<string[][]> {
  await using folder = new Folder(dir);
  await using server = await Forked.start(HASHING_SERVER, folder.path);
  const rows: string[][] = [];
  for (const count of [1, 4]) {
    const kind = { count, bytes: alone };
    rows.push(
      row(
        `Node receives, hashes, writes and syncs ${amount(kind)}`,
        await repeat(runs, () => received(server, kind)),
      ),
    );
  }
  return rows;
}

const row = (what: string, runs: readonly Timed[]): string[] => [
  what,
  figure(runs.map(({ speed }) => speed)),
  figure(
    runs.map(({ cpu }) => cpu),
    1,
  ),
];

/** A table of a bare server that hashes, and of hashing alone. */
export async function byteFloors(effort: Effort): Promise<Section> {
  const digests = `both digests of ${sizeName(effort.alone)} on each core, and no more`;
  return {
    title: "Floors of an upload",
    note: "MD5 and SHA-512 on a thread each; past the page cache. Processor time is the server's, or of the digests alone; the client's is not counted.",
    columns: ["floor", "MiB/s", "CPU s/GiB"],
    rows: [...(await uploads(effort)), row(digests, await digestRuns(effort))],
  };
}
