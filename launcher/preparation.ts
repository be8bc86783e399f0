import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { Unusable } from "./unusable.ts";

const PROGRAM = fileURLToPath(new URL("prepare.ts", import.meta.url));

/** What the worker is built from, except the relay's address. */
export interface Setup {
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Where the worker listens for the relay. */
  readonly socket: { readonly host: string; readonly port: number };
  readonly checkpointUrl?: string | undefined;
}

export interface RelayAt {
  readonly relayUrl: string;
}

/** How to run the worker, as often as needed. */
export interface WorkerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The worker serves once it listens on all of these. */
  readonly sockets: readonly string[];
}

export type Prepared =
  | WorkerProgram
  | { readonly failed: string; readonly unusable?: { readonly what: string; readonly todo: string } };

/**
 * Runs prepare.ts, which does what only a start needs. The relay may still be starting meanwhile. Rejects `Unusable`
 * for what an operator can fix. Calls `onSpawn` as soon as the process exists, so that it is recorded before it does
 * anything.
 */
export async function prepareWorker(
  setup: Setup,
  relayUrl: Promise<string>,
  onSpawn: () => void,
): Promise<WorkerProgram> {
  const child = fork(PROGRAM, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  onSpawn();
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The preparation of the worker ended with exit code ${code}.`);
  });
  const answered = once(child, "message").then(([answer]) => answer as Prepared);
  child.send(setup);
  const told = relayUrl.then((url) => child.send({ relayUrl: url } satisfies RelayAt));
  try {
    const [prepared] = await Promise.all([Promise.race([answered, ended]), told]);
    if (!("failed" in prepared)) return prepared;
    const { failed, unusable } = prepared;
    throw unusable ? new Unusable(unusable.what, unusable.todo) : new Error(failed);
  } finally {
    child.kill();
    await ended.catch(() => {}); // Processes recorded from now on are those that stay.
  }
}
