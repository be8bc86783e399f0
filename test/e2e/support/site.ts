import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, type Json, Miniflare } from "miniflare";
import { bundleWorker } from "../../../launcher/bundle.ts";
import { applyMigrations, readMigrations } from "../../../launcher/migrations.ts";
import { freePort, LOOPBACK } from "../../../launcher/ports.ts";
import { type Relay, startRelay } from "../../../relay/relay.ts";

const MIGRATIONS = new URL("../../../migrations/", import.meta.url);

/** What a site's relay keeps: one directory, under its own name, by a key of its own. */
export class Site {
  readonly name: string;
  readonly dir: string;
  readonly key: { readonly id: string; readonly secret: string };
  readonly originPort: number;
  /** Keeps the port from everybody else until the relay listens there: the worker, which is told of it, starts first. */
  readonly #placeholder: Server;
  #relay: Relay | undefined;
  #edgeUrl = "";

  private constructor(name: string, originPort: number, placeholder: Server) {
    this.name = name;
    this.originPort = originPort;
    this.#placeholder = placeholder;
    this.dir = mkdtempSync(join(tmpdir(), `glimpse-site-${name}-`));
    this.key = { id: `key-of-${name}`, secret: `the secret of relay ${name}, of which only tests know` };
  }

  static async named(name: string): Promise<Site> {
    const port = await freePort();
    const placeholder = createServer().listen(port, LOOPBACK);
    await once(placeholder, "listening");
    return new Site(name, port, placeholder);
  }

  /** Where its clients come. */
  get door(): string {
    return this.#relay?.front?.url ?? "";
  }

  async start(edgeUrl = this.#edgeUrl): Promise<void> {
    this.#edgeUrl = edgeUrl;
    await this.#givePortAway();
    this.#relay = await startRelay({
      listen: { host: LOOPBACK, port: this.originPort },
      logLevel: "silent",
      keys: [this.key],
      stores: [{ id: `file-${this.name}`, type: "file", path: this.dir }],
      edge: { url: edgeUrl },
      frontDoor: { host: LOOPBACK, port: 0, trustedProxies: [], maxConnections: 100 },
      ...{ clockSeconds: 60, idleSeconds: 30, shutdownSeconds: 1 },
    });
  }

  async stop(): Promise<void> {
    await this.#relay?.close();
    this.#relay = undefined;
  }

  async #givePortAway(): Promise<void> {
    if (!this.#placeholder.listening) return;
    this.#placeholder.close();
    await once(this.#placeholder, "close");
  }

  async remove(): Promise<void> {
    await this.#givePortAway();
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A worker for several sites, as it is on Cloudflare, that lets everybody in. */
export async function startEdge(sites: readonly Site[]): Promise<{ url: string; stop: () => Promise<void> }> {
  const bindings: Record<string, Json> = {
    LOG_LEVEL: "error",
    STORES: [
      ...sites.map(({ name, dir }) => ({
        ...{ id: `file-${name}`, type: "relay", kind: "file", relay: name, path: dir },
      })),
      { id: "r2", type: "r2" },
    ],
    IDENTITY: { mode: "none", allowAnyone: true },
    TRANSFERS: { leaseSeconds: 2, heartbeatSeconds: 0.5, lateWriterSeconds: 1 },
    RELAYS: sites.map(({ name, originPort }) => ({ id: name, url: `http://127.0.0.1:${originPort}` })),
    RELAY_KEYS: sites.map(({ name, key }) => ({ relay: name, ...key })),
  };
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      ...{ name: "glimpse", modules: true, script: await bundleWorker("src/worker.ts"), bindings },
      ...{ compatibilityDate: "2026-10-20", compatibilityFlags: ["enable_request_signal"] },
      d1Databases: { DB: "glimpse" },
      r2Buckets: { IMAGES: "glimpse-images" },
      durableObjects: { IMAGE_COORDINATOR: { className: "ImageCoordinator", useSQLite: true } },
      unsafeDirectSockets: [{ host: LOOPBACK, port: 0 }],
      ...{ host: LOOPBACK, port: 0, cf: false },
    }),
  );
  await worker.ready;
  await applyMigrations(await worker.getD1Database("DB"), readMigrations(MIGRATIONS));
  const { origin: url } = await worker.unsafeGetDirectURL();
  return { url, stop: () => worker.dispose() };
}
