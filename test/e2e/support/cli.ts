import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Service } from "./service.ts";

const CLI = fileURLToPath(new URL("../../../cli/main.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface CliOptions {
  /** What comes on standard input; nothing by default. */
  readonly stdin?: Buffer | string;
  /** Over what the service's openrc file sets. */
  readonly env?: Record<string, string>;
}

/** Any program of this repository, with its output to look at. */
export function runProgram(
  path: string,
  args: readonly string[],
  { stdin, env = {} }: CliOptions = {},
): Running {
  const { OS_CLOUD: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...inherited, ...env },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (chunk: Buffer) => {
      output[name] += chunk;
    });
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...output })));
  return { process: child, ended };
}

/** The CLI as a user runs it who has sourced the service's openrc file. */
export const startGlimpse = (service: Service, args: readonly string[], options: CliOptions = {}): Running =>
  runProgram(CLI, args, { ...options, env: { ...service.openrc(), ...options.env } });

export const glimpse = (service: Service, args: readonly string[], options?: CliOptions): Promise<Ended> =>
  startGlimpse(service, args, options).ended;
