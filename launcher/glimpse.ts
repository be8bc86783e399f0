import { existsSync } from "node:fs";
import { requireReference } from "../reference/build.ts";
import { type Claim, claim } from "./claim.ts";
import { writeOpenrc } from "./openrc.ts";
import { freePort, LOOPBACK, requireFreePort } from "./ports.ts";
import { prepareWorker, type WorkerProgram } from "./preparation.ts";
import { RelayProcess } from "./relay-process.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { tellOfSweep, WorkerProcess } from "./worker-process.ts";

/** How often the sweep runs, as wrangler.toml's cron does on Cloudflare. */
const SWEEP_SECONDS = 300;

export interface StartOptions {
  readonly rotateSigningKey: boolean;
  /** Tests only: see src/durable/checkpoint.ts. */
  readonly checkpointUrl: string | undefined;
}

/**
 * The embedded service on one data directory: the worker on a loopback port, and before it a relay that
 * serves clients and keeps the file stores.
 */
export class Glimpse {
  readonly #settings: Settings;
  readonly #options: StartOptions;
  #claim: Claim | undefined;
  #relay: RelayProcess | undefined;
  #worker: WorkerProcess | undefined;
  #sweeps: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(settings: Settings, options: StartOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  async start(): Promise<{ url: string; openrc: string | undefined }> {
    const { server } = this.#settings;
    // A directory that does not exist yet has no worker of ours to wait for, and must not be created if we cannot
    // start.
    if (!existsSync(server.data_dir)) await requireFreePort(server.host, server.port);
    this.#claim = await claim(server.data_dir);
    await requireFreePort(server.host, server.port);
    requireReference();
    const secrets = loadSecrets(server.data_dir, this.#options);
    // The relay must know the worker's address, and the worker the relay's.
    const workerPort = this.#settings.worker.port || (await freePort());
    if (this.#settings.worker.port) await requireFreePort(LOOPBACK, workerPort);
    const relayUrl = this.#startRelay(secrets, urlOf(LOOPBACK, workerPort));
    const setup = {
      settings: this.#settings,
      secrets,
      socket: { host: LOOPBACK, port: workerPort },
      checkpointUrl: this.#options.checkpointUrl,
    };
    await this.#startWorker(await prepareWorker(setup, relayUrl, () => this.#claim?.recordChildren()));
    const url = server.public_url ?? urlOf(server.host, server.port);
    const openrc = writeOpenrc(this.#settings, secrets, url);
    // Clients are let in last, so that they find everything running.
    await this.#relay?.open();
    return { url, openrc };
  }

  /**
   * Ends everything in order: first the relay, which lets running requests finish for a while and needs the worker for
   * that; then the worker, then the claim. Safe to call twice.
   */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#sweeps);
    await this.#relay?.stop();
    await this.#worker?.stop();
    this.#claim?.release();
  }

  async #startRelay(secrets: Secrets, edgeUrl: string): Promise<string> {
    this.#relay = new RelayProcess({ settings: this.#settings, secrets, edgeUrl }, () =>
      this.#claim?.recordChildren(),
    );
    await this.#relay.start();
    return this.#relay.url;
  }

  async #startWorker(program: WorkerProgram): Promise<void> {
    this.#worker = new WorkerProcess(program, () => this.#claim?.recordChildren());
    await this.#worker.start();
    await this.#worker.sweep();
    this.#sweeps = setInterval(() => {
      this.#worker?.sweep().catch(tellOfSweep);
    }, SWEEP_SECONDS * 1000);
  }
}

const urlOf = (host: string, port: number) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
