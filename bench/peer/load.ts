/**
 * Keeps connections busy, by `wrk` (Debian's package): it takes hardly any of the processor that it shares with what is
 * measured, and does with a server that closes each connection, as Glance's does.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Load } from "../show-list.ts";
import { asAnswered, percentile } from "./latencies.ts";

export interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** Seconds that an answer may take. */
const PATIENCE = 120;
/** Nothing was answered in the time that there was, or nothing was asked. */
export const NOT_MEASURED: Load = { perSecond: Number.NaN, p50: Number.NaN, p99: Number.NaN };
/** Of fewer the hundredth part is none. */
const ANSWERS_FOR_P99 = 100;
/** Of what it prints: a line for each number of microseconds that an answer took. */
const OUTPUT_BYTES = 64 * 1024 * 1024;

const scriptOf = ({ headers, paths }: Asked) => `
local paths = {${paths.map((path) => JSON.stringify(path)).join(", ")}}
local n = 0
${Object.entries(headers)
  .map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  .join("\n")}
request = function()
  n = n % #paths + 1
  return wrk.format("GET", paths[n])
end
done = function(summary, latency)
  print("asked", summary.requests, summary.duration)
  for i = 1, #latency do print("latency", latency(i)) end
end
`;

/** Rejects when any answer is not a success. */
export async function load(asked: Asked): Promise<Load> {
  const dir = mkdtempSync(join(tmpdir(), "glimpse-bench-wrk-"));
  try {
    const script = join(dir, "paths.lua");
    writeFileSync(script, scriptOf(asked), { mode: 0o600 });
    const { stdout } = await promisify(execFile)(
      "wrk",
      [
        ...["--threads", "1", "--connections", String(asked.connections), "--duration", `${asked.seconds}s`],
        ...["--timeout", `${PATIENCE}s`, "--script", script, asked.url],
      ],
      { maxBuffer: OUTPUT_BYTES },
    );
    return loadOf(stdout, asked.connections);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function loadOf(output: string, connections: number): Load {
  const [problem] = /^ *(Socket errors|Non-2xx).*$/m.exec(output) ?? [];
  if (problem) throw new Error(problem.trim());
  const [, requests, microseconds] = (/^asked\t(\d+)\t(\d+)$/m.exec(output) ?? []).map(Number);
  if (!requests || !microseconds) return NOT_MEASURED;
  const said = new Map(
    [...output.matchAll(/^latency\t(\d+)\t(\d+)$/gm)].map(([, took, count]) => [Number(took), Number(count)]),
  );
  const each = Math.floor(requests / connections);
  const answers = each === 0 ? said : asAnswered(said, Math.floor(microseconds / each));
  return {
    perSecond: (requests / microseconds) * 1e6,
    p50: percentile(answers, 50) / 1000,
    p99: requests < ANSWERS_FOR_P99 ? Number.NaN : percentile(answers, 99) / 1000,
  };
}
