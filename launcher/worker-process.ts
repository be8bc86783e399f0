import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { get } from "../relay/node-http.ts";
import type { WorkerProgram } from "./preparation.ts";
import { spawned } from "./spawned.ts";
import { Unusable } from "./unusable.ts";
import { passLogsOn } from "./worker-logs.ts";

/** The worker's entry, through which the launcher triggers scheduled work. */
const ENTRY = "entry";
const RESTART_SECONDS = 1;
const CRON = "*/5 * * * *";

/** workerd, restarted when it dies. */
export class WorkerProcess {
  readonly #program: WorkerProgram;
  readonly #onSpawn: () => void;
  #child: ChildProcess | undefined;
  #entryPort = 0;
  #stopping = false;
  #sweeping: Promise<void> | undefined;

  /** Calls `onSpawn` as soon as each process exists, so that it is recorded before it does anything. */
  constructor(program: WorkerProgram, onSpawn: () => void) {
    this.#program = program;
    this.#onSpawn = onSpawn;
  }

  /** Resolves when the worker serves. */
  async start(): Promise<void> {
    const { command, args, sockets } = this.#program;
    const options: SpawnOptions = {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, TZ: "UTC" },
    };
    const child = await spawned({ command, args, options }, this.#onSpawn);
    this.#child = child;
    const endWithLauncher = () => child.kill("SIGKILL");
    process.once("exit", endWithLauncher);
    const ended = once(child, "exit");
    void ended.then(() => process.off("exit", endWithLauncher));
    const said = passLogsOn(child);
    const ports = await listening(child.stdio[3] as Readable, sockets);
    if (!ports) {
      await ended;
      throw whyNot(said());
    }
    this.#entryPort = ports.get(ENTRY) ?? 0;
    void ended.then(() => this.#restart());
  }

  /** Kills the worker: everything it does is built to survive that. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Runs the worker's `scheduled`, as wrangler.toml's cron does on Cloudflare. A call during a sweep joins it. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const path = `/cdn-cgi/local/scheduled?cron=${encodeURIComponent(CRON)}`;
    const asked = get({ host: "127.0.0.1", port: this.#entryPort, path, agent: false });
    const [answer] = await once(asked, "response");
    answer.resume();
    if (answer.statusCode !== 200) throw new Error(`the worker answered ${answer.statusCode}`);
  }

  async #restart(): Promise<void> {
    while (!this.#stopping) {
      process.stderr.write("The worker has ended; it is started anew.\n");
      try {
        await this.start();
        return await this.sweep().catch(tellOfSweep);
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`);
        await wait(RESTART_SECONDS * 1000);
      }
    }
  }
}

/** The ports by the names of their sockets, once workerd listens on all of them; undefined if it ends first. */
async function listening(
  control: Readable,
  sockets: readonly string[],
): Promise<Map<string, number> | undefined> {
  const ports = new Map<string, number>();
  for await (const line of createInterface(control)) {
    const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number };
    if (event === "listen") ports.set(socket, port);
    if (sockets.every((name) => ports.has(name))) return ports;
  }
  return undefined;
}

/** What one sweep leaves undone, the next one does. */
export const tellOfSweep = (error: Error): void =>
  void process.stderr.write(`The sweep failed: ${error.message}\n`);

const ADDRESS_IN_USE = /Address already in use|bind\(\): .*\(os error (?:48|98)\)/;

function whyNot(said: string): Error {
  if (ADDRESS_IN_USE.test(said))
    return new Unusable("Something took the worker's address from it.", "Start again.");
  return new Error(`The worker cannot start:\n${said}`);
}
