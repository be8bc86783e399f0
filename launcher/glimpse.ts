import { existsSync } from "node:fs";
import { Miniflare } from "miniflare";
import { requireReference } from "../reference/build.ts";
import { bundleWorker } from "./bundle.ts";
import { leadHomeToCatalogue } from "./catalogue-file.ts";
import { type Claim, claim } from "./claim.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";
import { writeOpenrc } from "./openrc.ts";
import { freePort, LOOPBACK, requireFreePort } from "./ports.ts";
import { RelayProcess } from "./relay-process.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { Unusable } from "./unusable.ts";
import { databaseOptions, persistence, workerOptions } from "./worker-options.ts";

const MIGRATIONS = new URL("../migrations/", import.meta.url);

/** How often the sweep runs, as wrangler.toml's cron does on Cloudflare. */
const SWEEP_SECONDS = 300;

export interface StartOptions {
  readonly rotateSigningKey: boolean;
  /** Tests only: see src/durable/checkpoint.ts. */
  readonly checkpointUrl: string | undefined;
}

/**
 * The embedded service on one data directory: the worker in Miniflare on a loopback port, and before it a relay that
 * serves clients and keeps the file stores.
 */
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

  async start(): Promise<{ url: string; openrc: string | undefined }> {
    const { server } = this.#settings;
    // A directory that is not there yet has no worker of ours to wait for, and is not made when we cannot start.
    if (!existsSync(server.data_dir)) await requireFreePort(server.host, server.port);
    this.#claim = await claim(server.data_dir);
    await requireFreePort(server.host, server.port);
    requireReference();
    const secrets = loadSecrets(server.data_dir, this.#options);
    // The relay is told where the worker will be, and the worker where the relay is.
    const workerPort = this.#settings.worker.port || (await freePort());
    if (this.#settings.worker.port) await requireFreePort(LOOPBACK, workerPort);
    const [script] = await Promise.all([
      bundleWorker(),
      this.#migrate(),
      this.#startRelay(secrets, urlOf(LOOPBACK, workerPort)),
    ]);
    await this.#startWorker(script, secrets, workerPort);
    const url = server.public_url ?? urlOf(server.host, server.port);
    const openrc = writeOpenrc(this.#settings, secrets, url);
    // Whoever gets in finds all of it there.
    await this.#relay?.open();
    return { url, openrc };
  }

  /**
   * Ends everything in order: the relay, which lets what runs finish for a while and needs the worker for that; then the
   * worker, then the claim. Safe to call twice.
   */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#sweeps);
    await this.#relay?.stop();
    await this.#worker?.dispose();
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
    leadHomeToCatalogue(persistence(this.#settings));
  }

  async #startRelay(secrets: Secrets, edgeUrl: string): Promise<void> {
    this.#relay = new RelayProcess({ settings: this.#settings, secrets, edgeUrl }, () =>
      this.#claim?.recordChildren(),
    );
    await this.#relay.start();
  }

  async #startWorker(script: string, secrets: Secrets, port: number): Promise<void> {
    const settle = async () => {
      this.#claim?.recordChildren();
      await this.#sweep();
    };
    const setup = {
      script,
      settings: this.#settings,
      secrets,
      socket: { host: LOOPBACK, port },
      relayUrl: this.#relay?.url ?? "",
      checkpointUrl: this.#options.checkpointUrl,
      onRestart: settle,
    };
    this.#worker = new Miniflare(workerOptions(setup));
    await this.#worker.ready.catch((error: Error) => {
      throw "code" in error && error.code === "ERR_ADDRESS_IN_USE"
        ? new Unusable(`Something took ${LOOPBACK}:${port} from the worker.`, "Start again.")
        : error;
    });
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
