import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A system call that a program made. `began` and `ended` order all of them, those of other threads and programs too. */
export interface Call {
  /** Of a program's first thread, its pid. */
  readonly thread: number;
  readonly name: string;
  /** As strace prints them, each descriptor with its path. */
  readonly args: string;
  readonly began: number;
  /** Infinite where it was under way at the end. */
  readonly ended: number;
}

const SYNCS = ["fsync", "fdatasync"];
const NAMES = ["link", "linkat", "rename", "renameat", "renameat2"];
const WRITES = ["write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate", "sendto", "sendmsg"];

/** SQLite's index of its log, which it makes again after a crash. */
const MADE_ANEW = "-shm";

/** Enough of what is written to tell a request's path, or an answer's status. */
const CHARACTERS = 128;

/** Does the work with strace attached to these processes. Rejects where there is none, or it may not attach. */
export async function traced(pids: readonly number[], work: () => Promise<unknown>): Promise<Call[]> {
  const folder = mkdtempSync(join(tmpdir(), "glimpse-trace-"));
  const file = join(folder, "trace");
  try {
    await watched(pids, file, work);
    return callsIn(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function watched(pids: readonly number[], file: string, work: () => Promise<unknown>): Promise<void> {
  const asked = ["-f", "-y", "-s", String(CHARACTERS), "-e", `trace=${[...SYNCS, ...NAMES, ...WRITES]}`];
  const strace = spawn("strace", [...asked, "-o", file, ...pids.flatMap((pid) => ["-p", String(pid)])], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => strace.once("close", () => resolve()));
  try {
    await attached(strace, pids);
    await work();
  } finally {
    // It lets go of the processes, which go on.
    strace.kill("SIGINT");
    await ended;
  }
}

async function attached(strace: ReturnType<typeof spawn>, pids: readonly number[]): Promise<void> {
  let said = "";
  const isAttached = (pid: number) => new RegExp(`Process ${pid} attached`).test(said);
  await new Promise<void>((resolve, reject) => {
    strace.once("error", reject);
    strace.once("close", () => reject(new Error(said.trim())));
    strace.stderr?.on("data", (chunk) => {
      said += chunk;
      if (pids.every(isAttached)) resolve();
    });
  });
}

/** Why no process can be traced here; undefined where one can. */
export async function whyNotTraced(): Promise<string | undefined> {
  const idle = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
  await once(idle, "spawn");
  try {
    await traced([idle.pid ?? 0], async () => undefined);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    idle.kill("SIGKILL");
  }
}

/** What strace wrote. A call that others overtake stands on two lines: one where it began, one where it ended. */
export function callsIn(trace: string): Call[] {
  const calls: Call[] = [];
  const underWay = new Map<string, number>();
  for (const [line, text] of trace.split("\n").entries()) {
    const [, thread = "", name = "", args = ""] = /^(\d+) +(\w+)\((.*)/.exec(text) ?? [];
    const isCut = / <(unfinished|detached) \.\.\.>$/.test(args);
    const [, resumed] = /^(\d+) +<\.\.\. \w+ resumed>/.exec(text) ?? [];
    const begun = resumed === undefined ? undefined : underWay.get(resumed);
    if (begun !== undefined) calls[begun] = { ...(calls[begun] as Call), ended: line };
    if (!name) continue;
    if (isCut) underWay.set(thread, calls.length);
    calls.push({ thread: Number(thread), name, args, began: line, ended: isCut ? Infinity : line });
  }
  return calls;
}

/** Whether it sends a request or an answer that begins like this. */
export const sends = (call: Call, text: string): boolean =>
  /^\d+<socket:/.test(call.args) && call.args.includes(`"${text}`);

/** The file that it writes, or the directory in which it gives one a name. */
export function changed({ name, args }: Call): string | undefined {
  if (NAMES.includes(name)) return dirname(/"([^"]*)"[^"]*$/.exec(args)?.[1] ?? "");
  return WRITES.includes(name) ? pathIn(args) : undefined;
}

const pathIn = (args: string): string | undefined => /^\d+<(\/[^>]*)>/.exec(args)?.[1];

/** What had been changed in a folder when a call began, and was not synced since. */
export function unsyncedAt(calls: readonly Call[], moment: Call, folder: string): string[] {
  const unsynced = new Map<string, Call>();
  for (const call of calls.filter(({ began }) => began < moment.began)) {
    const path = changed(call);
    if (path?.startsWith(folder) && !path.endsWith(MADE_ANEW)) unsynced.set(path, call);
    const synced = SYNCS.includes(call.name) && call.ended < moment.began ? pathIn(call.args) : undefined;
    if (synced && call.began > (unsynced.get(synced)?.ended ?? Infinity)) unsynced.delete(synced);
  }
  return [...unsynced.keys()];
}
