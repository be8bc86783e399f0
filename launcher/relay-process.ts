import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { dirname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "smol-toml";
import { writeFileSafely } from "./files.ts";
import type { Secrets } from "./secrets.ts";
import { type Settings, storePath } from "./settings.ts";
import { spawned } from "./spawned.ts";
import { carriedStore } from "./store-settings.ts";
import { Unusable } from "./unusable.ts";

const PROGRAM = fileURLToPath(new URL("../relay/bin/glimpse-relay", import.meta.url));
const RESTART_SECONDS = 1;
/** A relay that takes longer hangs, usually on a directory that does not answer. */
const START_SECONDS = 30;
/** How long running requests may go on when the service is told to end. */
const SHUTDOWN_SECONDS = 10;
/** By then the relay has aborted what it could not finish. */
const STOP_SECONDS = 15;
const IMAGES_UMASK = 0o027;

export interface RelaySetup {
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Where the relay reaches the worker. */
  readonly edgeUrl: string;
}

/**
 * The relay as a process of its own. It is started before the worker, runs beside it, and is restarted when it dies.
 */
export class RelayProcess {
  readonly #setup: RelaySetup;
  readonly #onSpawn: () => void;
  #child: ChildProcess | undefined;
  #port = 0;
  #started: Promise<void> | undefined;
  #isOpen = false;
  #stopping = false;

  /** Calls `onSpawn` as soon as each process exists, so that it is recorded before it does anything. */
  constructor(setup: RelaySetup, onSpawn: () => void) {
    this.#setup = setup;
    this.#onSpawn = onSpawn;
    this.#port = setup.settings.relay.port;
  }

  /** Where the worker reaches the relay. Known after the first start; restarts keep it. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /**
   * Starts the relay for the worker alone: its stores can be reached, but clients are not let in. Rejects when the
   * process ends first, and rejects `Unusable` when neither happens in time.
   */
  start(): Promise<void> {
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const child = await this.#spawn().catch((error) => {
      // Nothing was spawned, so no exit will trigger the restart.
      void this.#restart();
      throw error;
    });
    const { port } = await this.#answerOf(child);
    this.#port = port;
    if (this.#isOpen) await this.#letIn(child);
  }

  /** Lets clients in, now and after every restart. Rejects as `start` does. */
  async open(): Promise<void> {
    await this.#started;
    this.#isOpen = true;
    // A relay that has ended meanwhile lets them in when it is restarted.
    if (this.#child?.connected) await this.#letIn(this.#child);
  }

  async #letIn(child: ChildProcess): Promise<void> {
    const open = this.#answerOf(child);
    child.send("open");
    await open;
  }

  async #answerOf(child: ChildProcess): Promise<{ port: number }> {
    const answer = once(child, "message").then(([message]) => message as { port: number });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`The relay ended with exit code ${code} while it started.`);
    });
    const settled = new AbortController();
    const late = wait(START_SECONDS * 1000, undefined, settled).then(() => {
      child.kill("SIGKILL");
      throw new Unusable(
        `The relay did not start within ${START_SECONDS} seconds.`,
        "See that the directories of the file stores answer, then start again.",
      );
    });
    try {
      return await Promise.race([answer, ended, late]);
    } finally {
      settled.abort();
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      child.kill(signal);
      const ended = exit.then(() => true);
      if (await Promise.race([ended, wait(STOP_SECONDS * 1000, false, { ref: false })])) return;
    }
  }

  async #spawn(): Promise<ChildProcess> {
    const args = ["--hold-front-door", "--config", this.#writeSettings()];
    const options: SpawnOptions = {
      // If npm brings no `node`, the relay runs in the same Node as this process.
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      // A process group of its own: Ctrl-C on a terminal then reaches the launcher alone, which ends the worker first.
      detached: true,
    };
    // Other programs may be allowed to read images; the relay's own file modes decide.
    const umask = process.umask(IMAGES_UMASK);
    const spawning = spawned({ command: PROGRAM, args, options }, this.#onSpawn);
    process.umask(umask);
    const child = await spawning;
    this.#child = child;
    // However the launcher ends, except by kill -9, a relay that hangs does not outlive it.
    const endWithLauncher = () => child.kill("SIGKILL");
    process.once("exit", endWithLauncher);
    child.once("exit", () => {
      process.off("exit", endWithLauncher);
      void this.#restart();
    });
    return child;
  }

  async #restart(): Promise<void> {
    if (this.#stopping || this.#port === 0) return;
    process.stderr.write("The relay has ended; it is started anew.\n");
    await wait(RESTART_SECONDS * 1000);
    if (!this.#stopping)
      await this.start().catch((error: Error) => process.stderr.write(`${error.message}\n`));
  }

  #writeSettings(): string {
    const path = join(this.#setup.settings.server.data_dir, "relay.toml");
    writeFileSafely(path, relaySettings(this.#setup, this.#port), 0o600);
    return path;
  }
}

/** The relay's settings file, with its secrets. */
export function relaySettings(
  { settings, secrets, edgeUrl }: RelaySetup,
  listenPort = settings.relay.port,
): string {
  const { cache, cors, metrics } = settings;
  const { data_dir, host, port, public_url, tls_cert, tls_key, trusted_proxies, max_connections } =
    settings.server;
  return stringify({
    log_level: settings.server.log_level,
    shutdown_seconds: SHUTDOWN_SECONDS,
    keys: [secrets.relayKey],
    listen: { host: "127.0.0.1", port: listenPort },
    edge: { url: edgeUrl },
    front_door: {
      ...{ host, port, trusted_proxies, max_connections },
      ...(public_url ? { public_url } : {}),
      ...(tls_cert && tls_key ? { tls_cert, tls_key } : {}),
    },
    cors,
    ...(cache ? { cache: { path: resolve(data_dir, cache.path), max_bytes: cache.max_bytes } } : {}),
    ...(metrics ? { metrics } : {}),
    stores: settings.stores.flatMap((store) => relayStore(store, settings)),
  });
}

/** A store as the relay's settings name it; an empty list for a store that is not the relay's. */
function relayStore(store: Settings["stores"][number], settings: Settings): object[] {
  const { default: _, description, weight, ...kept } = store;
  switch (kept.type) {
    case "file":
      return [{ ...kept, path: storePath(settings, kept) }];
    case "rbd":
      return [kept];
    case "s3":
    case "swift":
      return [carriedStore(kept, settings.storeSecrets)];
    default:
      return [];
  }
}
