import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Miniflare } from "miniflare";
import { bundleWorker } from "./bundle.ts";
import { type Claim, claim } from "./claim.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";
import { writeOpenrc } from "./openrc.ts";
import { RelayProcess } from "./relay-process.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { databaseOptions, workerOptions } from "./worker-options.ts";

const MIGRATIONS = new URL("../migrations/", import.meta.url);

/** How often the sweep runs, as wrangler.toml's cron does on Cloudflare. */
const SWEEP_SECONDS = 300;

/** How often a worker that has died is looked for. */
const WATCH_SECONDS = 1;

export interface StartOptions {
  readonly rotateSigningKey: boolean;
  /** Tests only: see src/durable/checkpoint.ts. */
  readonly checkpointUrl: string | undefined;
}

export class PortTaken extends Error {}

/** The embedded service: the worker in Miniflare and a relay for the file stores, on one data directory. */
export class Glimpse {
  readonly #settings: Settings;
  readonly #options: StartOptions;
  #claim: Claim | undefined;
  #relay: RelayProcess | undefined;
  #worker: Miniflare | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #stopping = false;

  constructor(settings: Settings, options: StartOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  async start(): Promise<{ url: string; openrc: string }> {
    const { server } = this.#settings;
    this.#claim = await claim(server.data_dir);
    await requireFreePort(server.host, server.port);
    const secrets = loadSecrets(server.data_dir, this.#options);
    const [script] = await Promise.all([bundleWorker(), this.#migrate(), this.#startRelay(secrets)]);
    await this.#startWorker(script, secrets);
    const url = server.public_url ?? `http://${server.host}:${server.port}`;
    return { url, openrc: writeOpenrc(this.#settings, secrets, url) };
  }

  /** Ends everything in order: no new requests, then the store behind them, then the claim. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#worker?.dispose();
    await this.#relay?.stop();
    this.#claim?.release();
  }

  /** Before the worker listens: nobody may ask a database that has no tables yet. */
  async #migrate(): Promise<void> {
    const database = new Miniflare(databaseOptions(this.#settings));
    try {
      await applyMigrations(await database.getD1Database("DB"), readMigrations(MIGRATIONS));
    } finally {
      await database.dispose();
    }
  }

  async #startRelay(secrets: Secrets): Promise<void> {
    if (!this.#settings.stores.some((store) => store.type === "file")) return;
    this.#relay = new RelayProcess(this.#settings, secrets, this.#options.checkpointUrl);
    await this.#relay.start();
    this.#claim?.recordChildren();
  }

  async #startWorker(script: string, secrets: Secrets): Promise<void> {
    const setup = () => ({
      script,
      settings: this.#settings,
      secrets,
      relayUrl: this.#relay?.url ?? "",
      bootId: randomUUID(),
      checkpointUrl: this.#options.checkpointUrl,
    });
    const worker = new Miniflare(workerOptions(setup()));
    this.#worker = worker;
    await worker.ready;
    this.#claim?.recordChildren();
    await this.#sweep();
    this.#every(SWEEP_SECONDS, () => this.#sweep());
    this.#every(WATCH_SECONDS, async () => {
      if (await this.#answers()) return;
      process.stderr.write("The worker has ended; it is started anew.\n");
      await worker.setOptions(workerOptions(setup()));
      this.#claim?.recordChildren();
      await this.#sweep();
    });
  }

  /** Whether the worker's socket takes connections: a request would be a line in its log each time. */
  async #answers(): Promise<boolean> {
    const { host, port } = this.#settings.server;
    const socket = connect(port, host);
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  async #sweep(): Promise<void> {
    const worker = await this.#worker?.getWorker();
    await worker?.scheduled({ cron: "*/5 * * * *" });
  }

  /** Runs work time after time, never twice at once; a failure is said and tried again. */
  #every(seconds: number, work: () => Promise<void>): void {
    let running = false;
    this.#timers.push(
      setInterval(async () => {
        if (running || this.#stopping) return;
        running = true;
        try {
          await work();
        } catch (error) {
          if (!this.#stopping) process.stderr.write(`${(error as Error).message}\n`);
        }
        running = false;
      }, seconds * 1000),
    );
  }
}

/** Rejects `PortTaken`. A worker that was just ended may hold its socket a moment longer than it lives. */
async function requireFreePort(host: string, port: number, tries = 20): Promise<void> {
  const probe = createServer();
  const refused = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
  if (!refused) return;
  if (refused.code !== "EADDRINUSE") throw refused;
  if (tries <= 1) throw new PortTaken(`Something else listens on ${host}:${port}.`);
  await wait(100);
  return requireFreePort(host, port, tries - 1);
}
