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
const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

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
`;

/** Rejects when any answer is not a success. */
export async function load(asked: Asked): Promise<Load> {
  const dir = mkdtempSync(join(tmpdir(), "glimpse-bench-wrk-"));
  try {
    const script = join(dir, "paths.lua");
    writeFileSync(script, scriptOf(asked), { mode: 0o600 });
    const { stdout } = await promisify(execFile)("wrk", [
      ...["--threads", "1", "--connections", String(asked.connections), "--duration", `${asked.seconds}s`],
      ...["--timeout", `${PATIENCE}s`, "--latency", "--script", script, asked.url],
    ]);
    return loadOf(stdout);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function loadOf(output: string): Load {
  const [problem] = /^ *(Socket errors|Non-2xx).*$/m.exec(output) ?? [];
  if (problem) throw new Error(problem.trim());
  const latency = (percent: number) => {
    const [, value, unit = ""] =
      new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s|m) *$`, "m").exec(output) ?? [];
    return Number(value) * (MILLISECONDS[unit] ?? Number.NaN);
  };
  const perSecond = Number(/^Requests\/sec: +([\d.]+)$/m.exec(output)?.[1]);
  return perSecond === 0 ? NOT_MEASURED : { perSecond, p50: latency(50), p99: latency(99) };
}
