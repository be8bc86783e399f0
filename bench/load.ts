/**
 * Keeps connections busy, by `wrk` (Debian's package): it takes hardly any of the processor that it shares with what is
 * measured, and does with a server that closes each connection, as Glance's does.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Access } from "./ask.ts";
import { type Rate, rateOf } from "./figures.ts";

/** Who asks for what, by how many connections and for how long. */
export interface Asked extends Access {
  /** Asked for in turn. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** Nothing was asked, or not each connection had an answer in the time: there was more under way than there is to count. */
export const NOT_MEASURED: Rate = { answers: 0, perSecond: Number.NaN, p50: Number.NaN, p99: Number.NaN };

/** Seconds that an answer may take. */
const PATIENCE = 120;
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

/** How often so many connections are answered. Rejects when any answer is not a success. */
export async function load(asked: Asked): Promise<Rate> {
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
    return readLoad(stdout, asked.connections);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function readLoad(output: string, connections: number): Rate {
  const [problem] = /^ *(Socket errors|Non-2xx).*$/m.exec(output) ?? [];
  if (problem) throw new Error(problem.trim());
  const [, requests, microseconds] = (/^asked\t(\d+)\t(\d+)$/m.exec(output) ?? []).map(Number);
  if (!requests || !microseconds || requests < connections) return NOT_MEASURED;
  const counted = new Map(
    [...output.matchAll(/^latency\t(\d+)\t(\d+)$/gm)].map(([, took, count]) => [Number(took), Number(count)]),
  );
  const average = Math.floor(microseconds / Math.floor(requests / connections));
  return rateOf(
    asAnswered(counted, average).map((took) => took / 1000),
    microseconds / 1e6,
  );
}

/**
 * The microseconds that each answer took, out of what `wrk` says: how many took how many. For each that took longer than
 * they did on average it adds those that its connection would have had meanwhile, one for each such time, as if clients
 * came steadily; the faster a server is, the more a pause of it then counts. Clients here ask anew when they have been
 * answered: what was added is taken away again.
 */
export function asAnswered(counted: ReadonlyMap<number, number>, average: number): number[] {
  return [...counted].flatMap(([took, count]) => {
    // Added to this one was what is said of the one that took an average longer.
    const added = took > average ? (counted.get(took + average) ?? 0) : 0;
    return Array<number>(Math.max(0, count - added)).fill(took);
  });
}
