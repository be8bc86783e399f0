import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** Messages of workerd for its own developers, and its stack traces without symbols. */
const INTERNAL =
  /LLVM_SYMBOLIZER is not set|took recursive isolate lock|CODE_MOVED for unknown code block|stack:( (0|[a-f\d]{4,})){3,}/;
/** The stack trace that follows such a line says why workerd ended. */
const FATAL = /^\*\*\* (?:std::terminate\(\)|Fatal uncaught|Received signal|Uncaught exception)/;
/** How much of the latest output is kept, to report why it ended. */
const KEPT = 16 * 1024;

/**
 * Passes on what the worker and workerd log, errors to stderr. Returns a function that gives the end of that output.
 */
export function passLogsOn(child: ChildProcess): () => string {
  let said = "";
  const pass = (lines: Readable, fallback: Writable) => {
    let fatal = false;
    createInterface(lines).on("line", (line) => {
      const { level, message } = entryOf(line);
      if (INTERNAL.test(message) && !fatal) return;
      fatal = FATAL.test(message);
      said = `${said}${message}\n`.slice(-KEPT);
      const to = level === "error" || level === "warn" ? process.stderr : fallback;
      to.write(`${message}\n`);
    });
  };
  if (child.stdout) pass(child.stdout, process.stdout);
  if (child.stderr) pass(child.stderr, process.stdout);
  return () => said;
}

/** The worker logs JSON with a level; what workerd prints before it could do so is passed on unchanged. */
function entryOf(line: string): { level: string; message: string } {
  try {
    const { level, message } = JSON.parse(line);
    if (typeof level === "string" && typeof message === "string") return { level, message };
  } catch {
    // Not JSON.
  }
  return { level: "log", message: line };
}
