import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process and its start time: pids are reused, this pair is not. */
export interface ProcessId {
  readonly pid: number;
  readonly startedAt: string;
}

interface Listed extends ProcessId {
  readonly parent: number;
}

/** All processes, from /proc if it exists, otherwise from `ps`. */
function processes(): Listed[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [fromStat(Number(name), readFileSync(`/proc/${name}/stat`, "utf8"))];
        } catch {
          return []; // The process ended meanwhile.
        }
      });
  } catch {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,lstart="], { encoding: "utf8" })
      .trim()
      .split("\n");
    return lines.map((line) => {
      const [pid, parent, ...startedAt] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), startedAt: startedAt.join(" ") };
    });
  }
}

/** Field 4 of /proc/PID/stat is the parent, field 22 the start time. The command before them may contain anything. */
function fromStat(pid: number, stat: string): Listed {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") throw new Error("a zombie has ended already");
  return { pid, parent: Number(fields[1]), startedAt: String(fields[19]) };
}

export const identify = (pid: number): ProcessId | undefined => {
  const found = processes().find((process) => process.pid === pid);
  return found && { pid, startedAt: found.startedAt };
};

export const childrenOf = (pid: number): ProcessId[] =>
  processes()
    .filter((process) => process.parent === pid)
    .map(({ pid: child, startedAt }) => ({ pid: child, startedAt }));

export const isAlive = (id: ProcessId): boolean => identify(id.pid)?.startedAt === id.startedAt;

/** Ends the process, if it is still the one that was recorded. */
export function end(id: ProcessId, signal: "SIGTERM" | "SIGKILL"): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // The process has just ended by itself.
  }
}
