import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Miniflare } from "miniflare";
import { bundleWorker } from "./bundle.ts";
import { type Claim, claim } from "./claim.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";
import { writeOpenrc } from "./openrc.ts";
import { RelayProcess } from "./relay-process.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { Unusable } from "./unusable.ts";
import { databaseOptions, workerOptions } from "./worker-options.ts";

const MIGRATIONS = new URL("../migrations/", import.meta.url);

/** How often the sweep runs, as wrangler.toml's cron does on Cloudflare. */
const SWEEP_SECONDS = 300;

export interface StartOptions {
  readonly rotateSigningKey: boolean;
  /** Tests only: see src/durable/checkpoint.ts. */
  readonly checkpointUrl: string | undefined;
}

/** The embedded service: the worker in Miniflare and a relay for the file stores, on one data directory. */
export class Glimpse {
  readonly #settings: Settings;
  readonly #options: StartOptions;
  #claim: Claim | undefined;
  #relay: RelayProcess | undefined;
  #worker: Miniflare | undefined;
  #sweeps: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(settings: Settings, options: StartOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  async start(): Promise<{ url: string; openrc: string }> {
    const { server } = this.#settings;
    // A directory that is not there yet has no worker of ours to wait for, and is not made when we cannot start.
    if (!existsSync(server.data_dir)) await requireFreePort(server.host, server.port);
    this.#claim = await claim(server.data_dir);
    await requireFreePort(server.host, server.port);
    const secrets = loadSecrets(server.data_dir, this.#options);
    const [script] = await Promise.all([bundleWorker(), this.#migrate(), this.#startRelay(secrets)]);
    await this.#startWorker(script, secrets);
    const url = server.public_url ?? urlOf(server.host, server.port);
    return { url, openrc: writeOpenrc(this.#settings, secrets, url) };
  }

  /** Ends everything in order: no new requests, then the store behind them, then the claim. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#sweeps);
    await this.#worker?.dispose();
    await this.#relay?.stop();
    this.#claim?.release();
  }

  /** Before the worker listens: nobody may ask a database that has no tables yet. */
  async #migrate(): Promise<void> {
    const database = new Miniflare(databaseOptions(this.#settings));
    try {
      await database.ready;
      this.#claim?.recordChildren();
      await applyMigrations(await database.getD1Database("DB"), readMigrations(MIGRATIONS));
    } finally {
      await database.dispose();
    }
  }

  async #startRelay(secrets: Secrets): Promise<void> {
    if (!this.#settings.stores.some((store) => store.type === "file")) return;
    this.#relay = new RelayProcess(this.#settings, secrets, () => this.#claim?.recordChildren());
    await this.#relay.start();
  }

  async #startWorker(script: string, secrets: Secrets): Promise<void> {
    const settle = async () => {
      this.#claim?.recordChildren();
      await this.#sweep();
    };
    const setup = {
      script,
      settings: this.#settings,
      secrets,
      relayUrl: this.#relay?.url ?? "",
      checkpointUrl: this.#options.checkpointUrl,
      onRestart: settle,
    };
    this.#worker = new Miniflare(workerOptions(setup));
    await this.#worker.ready;
    await settle();
    this.#sweeps = setInterval(() => {
      this.#sweep().catch((error: Error) => process.stderr.write(`The sweep failed: ${error.message}\n`));
    }, SWEEP_SECONDS * 1000);
  }

  async #sweep(): Promise<void> {
    const worker = await this.#worker?.getWorker();
    await worker?.scheduled({ cron: "*/5 * * * *" });
  }
}

const urlOf = (host: string, port: number) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Rejects `Unusable`. A worker that was just ended may hold its socket a moment longer than it lives. */
async function requireFreePort(host: string, port: number, tries = 20): Promise<void> {
  const probe = createServer();
  const refused = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
  if (!refused) return;
  if (refused.code !== "EADDRINUSE")
    throw new Unusable(
      `Nothing can listen on ${host}:${port}: ${refused.message}`,
      "Start with another --host or --port.",
    );
  if (tries <= 1)
    throw new Unusable(
      `Something else listens on ${host}:${port}.`,
      "Stop what listens there, or start with another --port.",
    );
  await wait(100);
  return requireFreePort(host, port, tries - 1);
}
