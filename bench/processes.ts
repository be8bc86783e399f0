import { readdirSync, readFileSync } from "node:fs";
import { setInterval, setTimeout as wait } from "node:timers/promises";

/** What Linux tells of a process in /proc; other systems have no such folder. */
export const canLookInside = process.platform === "linux";

const TICKS_A_SECOND = 100;

const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);

const kibibytesOf = (name: string, text: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);

/** Proportional set size in bytes: memory shared by n processes counts 1/n for each. */
export const pssOf = (pid: number): number =>
  kibibytesOf("Pss", readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) * 1024;

/** Bytes that a process has for itself alone: its program's files are not among them, whoever else has them open. */
export const ownMemoryOf = (pid: number): number =>
  kibibytesOf("Pss_Anon", readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) * 1024;

/** What a process holds, in bytes. */
export interface Held {
  readonly own: number;
  readonly pss: number;
  /** Kibibytes of each file, by device and inode. */
  readonly pages: ReadonlyMap<string, number>;
}

/**
 * Bytes that processes hold together: what each has for itself, and of each file's pages, shared memory's too, what the one that
 * uses most of them does, which is at most what their PSS would be if nothing else ran.
 */
export function heldTogether(each: readonly Held[]): number {
  const files = new Map<string, number>();
  for (const [file, kibibytes] of each.flatMap(({ pages }) => [...pages]))
    files.set(file, Math.max(files.get(file) ?? 0, kibibytes));
  return sum([...files.values()]) * 1024 + sum(each.map(({ own }) => own));
}

/** The sum of their PSS, which is less where others have the same programs open. */
export const pssTogether = (each: readonly Held[]): number => sum(each.map(({ pss }) => pss));

/** What one process holds; nothing when it ended while it was looked at, as one of a store's does after its last use. */
export function heldBy(pid: number): Held | undefined {
  try {
    return { own: ownMemoryOf(pid), pss: pssOf(pid), pages: filePages(pid) };
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Kibibytes of each file that a process has in memory, by device and inode. */
function filePages(pid: number): Map<string, number> {
  const pages = new Map<string, number>();
  const mappings = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/^(?=[\da-f]+-[\da-f]+ )/m);
  for (const mapping of mappings) {
    const [, file = "", inode] = /^\S+ \S+ \S+ (\S+ (\d+))/.exec(mapping) ?? [];
    if (inode !== "0")
      pages.set(
        file,
        (pages.get(file) ?? 0) + kibibytesOf("Rss", mapping) - kibibytesOf("Anonymous", mapping),
      );
  }
  return pages;
}

/** Processor seconds that processes have used so far, in user mode and in the kernel. NaN where nobody tells. */
export function cpuSecondsOf(pids: readonly number[]): number {
  if (!canLookInside) return Number.NaN;
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return sum(ticks) / TICKS_A_SECOND;
}

/** The same of the threads that a process has now, to the nanosecond. */
export function cpuSecondsNow(pid: number): number {
  if (!canLookInside) return Number.NaN;
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return sum(nanoseconds) / 1e9;
}

const LOOK_MILLISECONDS = 250;
/** Of a core: what databases and stores do by themselves is less, and any request is more. */
const AT_WORK = 0.2;
const MOST_SECONDS_UNTIL_REST = 60;

/** Processor seconds that the whole machine has worked so far: not idle, nor waiting for a disk, nor taken by others. */
function machinesSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[0].split(/ +/) ?? []
  ).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_A_SECOND;
}

/**
 * Resolves when the machine does hardly anything any more: whoever is asked next is to have it alone. Not a side's own
 * processes alone, for what they have asked of a store may still be under way there.
 */
export async function atRest(): Promise<void> {
  if (!canLookInside) return;
  for (const until = performance.now() + MOST_SECONDS_UNTIL_REST * 1000; performance.now() < until; ) {
    const before = machinesSeconds();
    await wait(LOOK_MILLISECONDS);
    if (machinesSeconds() - before < (AT_WORK * LOOK_MILLISECONDS) / 1000) return;
  }
  process.stderr.write(`  the machine still works after ${MOST_SECONDS_UNTIL_REST} s\n`);
}

/** The highest of each figure while `work` runs, looked at ten times a second. */
export async function peaksDuring<Name extends string>(
  look: () => Readonly<Record<Name, number>>,
  work: () => Promise<unknown>,
): Promise<Record<Name, number>> {
  const peaks: Record<Name, number> = { ...look() };
  const names = Object.keys(peaks) as Name[];
  const watched = () => {
    const now = look();
    for (const name of names) peaks[name] = Math.max(peaks[name], now[name]);
  };
  const stop = new AbortController();
  const watch = (async () => {
    for await (const _ of setInterval(100, undefined, { signal: stop.signal })) watched();
  })().catch((error: Error) => {
    if (error.name !== "AbortError") throw error;
  });
  // Told of when the work is done: nobody else would end what was started for it.
  watch.catch(() => {});
  await work().finally(() => stop.abort());
  await watch;
  watched();
  return peaks;
}
