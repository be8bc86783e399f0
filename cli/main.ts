import { createReadStream, fstatSync } from "node:fs";
import type { StandardInput } from "./context.ts";
import { EXIT } from "./errors.ts";
import { run } from "./run.ts";

const READ_BYTES = 1024 * 1024;

/** A file on standard input is read in large pieces and its length is known; a closed standard input has no data. */
function standardInput(): StandardInput {
  try {
    const info = fstatSync(0);
    if (!info.isFile()) return { stream: process.stdin };
    const stream = createReadStream("", { fd: 0, highWaterMark: READ_BYTES, autoClose: false });
    return { stream, size: info.size };
  } catch {
    return { stream: process.stdin, size: 0 };
  }
}

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // The second interrupt ends the program at once.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort(new Error("interrupted"));
  });

// The writer itself hears of a failed write; it must not also end the program with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const exitCode = await run(process.argv.slice(2), {
  stdin: standardInput(),
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interruption.signal,
});
// The answer is written by now; this waits for what was written to standard error.
process.stderr.write("", () => process.exit(exitCode));
