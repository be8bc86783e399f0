import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HeldDoor } from "./held-door.ts";
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

interface EndedCli extends Ended {
  /** How many exchanges with the service were held against the document. */
  readonly held: number;
}

interface RunningCli extends Running {
  readonly ended: Promise<EndedCli>;
}

/**
 * The CLI as a user runs it who has sourced the service's openrc file; what it exchanges with the service is held against
 * the OpenAPI document.
 */
export async function startGlimpse(
  service: Service,
  args: readonly string[],
  options: CliOptions = {},
): Promise<RunningCli> {
  const door = await HeldDoor.before(service.url);
  const openrc = Object.entries(service.openrc()).map(([name, value]) => [
    name,
    value.replace(service.url, door.url),
  ]);
  const running = runProgram(CLI, args, {
    ...options,
    env: { ...Object.fromEntries(openrc), ...options.env },
  });
  const ended = running.ended.then(async (end) => {
    await door[Symbol.asyncDispose]();
    door.throwProblem();
    return { ...end, held: door.held };
  });
  return { ...running, ended };
}

export const glimpse = async (
  service: Service,
  args: readonly string[],
  options?: CliOptions,
): Promise<EndedCli> => (await startGlimpse(service, args, options)).ended;
