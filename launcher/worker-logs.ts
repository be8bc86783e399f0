import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What workerd tells those who build it, and what its own stack traces look like without their symbols. */
const INTERNAL =
  /LLVM_SYMBOLIZER is not set|took recursive isolate lock|CODE_MOVED for unknown code block|stack:( (0|[a-f\d]{4,})){3,}/;
/** The stack after such a line tells why it has ended. */
const FATAL = /^\*\*\* (?:std::terminate\(\)|Fatal uncaught|Received signal|Uncaught exception)/;
/** Of what was said last, for whoever wants to know why it ended. */
const KEPT = 16 * 1024;

/** Passes on what the worker and workerd log, errors to stderr. Returns what tells the end of what was passed on. */
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

/** What is logged comes as JSON with its level; what workerd prints before it could, as it is. */
function entryOf(line: string): { level: string; message: string } {
  try {
    const { level, message } = JSON.parse(line);
    if (typeof level === "string" && typeof message === "string") return { level, message };
  } catch {
    // Not JSON.
  }
  return { level: "log", message: line };
}
