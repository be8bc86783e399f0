import { readdirSync, readFileSync } from "node:fs";
import { setInterval } from "node:timers/promises";

/** What Linux tells of a process in /proc; other systems have no such folder. */
export const canLookInside = process.platform === "linux";

const TICKS_A_SECOND = 100;

/** Proportional set size in bytes: memory shared by n processes counts 1/n for each. */
export function pssOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

/** Processor seconds that a process has used so far, in user mode and in the kernel. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** The same of the threads that there are, to the nanosecond. */
export const cpuSecondsNow = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e9)
    .reduce((sum, seconds) => sum + seconds, 0);

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
  await work().finally(() => stop.abort());
  await watch;
  watched();
  return peaks;
}
