import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Messages of workerd for its own developers, and its stack traces without symbols. */
const INTERNAL =
  /LLVM_SYMBOLIZER is not set|took recursive isolate lock|CODE_MOVED for unknown code block|stack:( (0|[a-f\d]{4,})){3,}/;
/** The stack trace that follows such a line says why workerd ended. */
const FATAL = /^\*\*\* (?:std::terminate\(\)|Fatal uncaught|Received signal|Uncaught exception)/;
/** How much of the latest output is kept, to report why it ended. */
const KEPT = 16 * 1024;

interface Entry {
  readonly level: string;
  readonly message: string;
}

/**
 * Passes on what the worker and workerd log, errors to stderr. Returns a function that gives the end of that output.
 */
export function passLogsOn(
  child: Pick<ChildProcess, "stdout" | "stderr">,
  { out, errors }: { out: Writable; errors: Writable } = { out: process.stdout, errors: process.stderr },
): () => string {
  let said = "";
  const pass = (from: Readable) => {
    let fatal = false;
    inLines(from, (lines) => {
      const kept = lines.map(entryOf).filter(({ message }) => {
        const isKept = fatal || !INTERNAL.test(message);
        if (isKept) fatal = FATAL.test(message);
        return isKept;
      });
      said = (said + textOf(kept)).slice(-KEPT);
      write(
        out,
        kept.filter((entry) => !isGrave(entry)),
      );
      write(errors, kept.filter(isGrave));
    });
  };
  if (child.stdout) pass(child.stdout);
  if (child.stderr) pass(child.stderr);
  return () => said;
}

const isGrave = ({ level }: Entry) => level === "error" || level === "warn";

const textOf = (entries: readonly Entry[]) => entries.map(({ message }) => `${message}\n`).join("");

function write(to: Writable, entries: readonly Entry[]): void {
  if (entries.length > 0) to.write(textOf(entries));
}

/** The lines of each piece that arrives, together: under load a line for each request is not worth a write of its own. */
function inLines(from: Readable, take: (lines: string[]) => void): void {
  let begun = "";
  from.setEncoding("utf8");
  from.on("data", (piece: string) => {
    const lines = (begun + piece).split("\n");
    begun = lines.pop() ?? "";
    if (lines.length > 0) take(lines);
  });
  from.on("end", () => begun && take([begun]));
}

/** The worker logs JSON with a level; what workerd prints before it could do so is passed on unchanged. */
function entryOf(line: string): Entry {
  try {
    const { level, message } = JSON.parse(line);
    if (typeof level === "string" && typeof message === "string") return { level, message };
  } catch {
    // Not JSON.
  }
  return { level: "log", message: line };
}
