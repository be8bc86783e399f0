import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "smol-toml";
import { writeFileSafely } from "./files.ts";
import type { Secrets } from "./secrets.ts";
import { type Settings, storePath } from "./settings.ts";
import { carriedStore } from "./store-settings.ts";
import { Unusable } from "./unusable.ts";

const PROGRAM = fileURLToPath(new URL("../relay/bin/glimpse-relay", import.meta.url));
const RESTART_SECONDS = 1;
/** A relay that takes longer hangs, mostly on a directory that does not answer. */
const START_SECONDS = 30;
/** What runs when the service is told to end may run on for so long. */
const SHUTDOWN_SECONDS = 10;
/** By then the relay has ended what it could not finish. */
const STOP_SECONDS = 15;
const IMAGES_UMASK = 0o027;

export interface RelaySetup {
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Where it reaches the worker. */
  readonly edgeUrl: string;
}

/** The relay as a process of its own, before the worker and beside it, started again when it dies. */
export class RelayProcess {
  readonly #setup: RelaySetup;
  readonly #onSpawn: () => void;
  #child: ChildProcess | undefined;
  #port = 0;
  #started: Promise<void> | undefined;
  #isOpen = false;
  #stopping = false;

  /** `onSpawn` is told of each process, so that it is known before it does anything. */
  constructor(setup: RelaySetup, onSpawn: () => void) {
    this.#setup = setup;
    this.#onSpawn = onSpawn;
    this.#port = setup.settings.relay.port;
  }

  /** Where the worker reaches it; known once it has started, and the same after it was started again. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /**
   * Starts it for the worker alone: its stores can be reached, and clients are not let in. Rejects when it ends before,
   * and `Unusable` when it does neither in time.
   */
  start(): Promise<void> {
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    const child = this.#spawn();
    const { port } = await this.#answerOf(child);
    this.#port = port;
    if (this.#isOpen) await this.#letIn(child);
  }

  /** Lets clients in, also after every later start. Rejects as `start` does. */
  async open(): Promise<void> {
    await this.#started;
    this.#isOpen = true;
    // One that has ended meanwhile lets them in when it is started anew.
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

  #spawn(): ChildProcess {
    // Images may be other programs' to read, as the relay's own file modes say.
    const umask = process.umask(IMAGES_UMASK);
    const child = spawn(PROGRAM, ["--hold-front-door", "--config", this.#writeSettings()], {
      // Where npm brings none along it runs in the same Node as this process.
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      // A group of its own: Ctrl-C on a terminal reaches the launcher alone, which ends the worker first.
      detached: true,
    });
    process.umask(umask);
    this.#child = child;
    // However the launcher ends, short of kill -9, a relay that hangs does not outlive it.
    const endWithLauncher = () => child.kill("SIGKILL");
    process.once("exit", endWithLauncher);
    child.once("exit", () => {
      process.off("exit", endWithLauncher);
      void this.#restart();
    });
    this.#onSpawn();
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

/** A store as the relay's settings have it; none for what is not the relay's. */
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
