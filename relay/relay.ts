import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Boot } from "../protocol/control.ts";
import { ImageCache } from "./cache/image-cache.ts";
import { checkpointTo } from "./checkpoint.ts";
import { Digests } from "./door/digests.ts";
import { originDoor } from "./door/origin-visits.ts";
import { type FrontDoor, startFrontDoor } from "./front/start.ts";
import { HashThreads } from "./hashing/hash-threads.ts";
import { HTTP, type Listening, listen } from "./listen.ts";
import { logOf } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { createServer } from "./node-http.ts";
import { type OpenStore, openStore } from "./open-store.ts";
import { PartBuffers } from "./part-buffers.ts";
import type { RelaySettings } from "./settings.ts";
import { Visits } from "./visits.ts";

/** For the parts of all uploads together; a part usually has 16 MiB. */
const PART_BUFFER_BYTES = 128 * 1024 * 1024;

export interface Relay {
  readonly url: string;
  readonly port: number;
  /** The front door, if there is one. */
  readonly front?: Listening;
  /** Where metrics are served, if they are. */
  readonly metrics?: Listening;
  /** Takes nothing new, lets running requests finish within `shutdownSeconds`, then ends the rest. */
  close(): Promise<void>;
}

/**
 * Listens and serves until it is closed. Rejects if a store or a port cannot be opened. Once the edge can reach the
 * stores, `beforeFront` is called, and clients are let in when it resolves.
 */
export async function startRelay(
  settings: RelaySettings,
  log: Logger = logOf(settings),
  beforeFront: (port: number) => Promise<void> = async () => {},
): Promise<Relay> {
  const threads = new HashThreads();
  const buffers = new PartBuffers(PART_BUFFER_BYTES);
  const around = { threads, buffers, checkpoint: checkpointTo(settings.checkpointUrl), log };
  const stores = new Map<string, OpenStore>();
  for (const store of settings.stores) stores.set(store.id, await openStore(store, around));
  const kept = new Map([...stores].filter(([, store]) => !store.elsewhere));
  const boot = { id: randomUUID(), startedAt: Date.now() };
  // Metrics cost work on every request, and memory, so they are collected only if they are served.
  const metrics = settings.metrics && new (await import("./metrics.ts")).Metrics();
  const { keys, clockSeconds, idleSeconds, shutdownSeconds } = settings;
  const digests = new Digests({ threads, idleSeconds });
  const origin = new Visits(
    originDoor({ keys, stores: kept, clockSeconds, idleSeconds, digests }),
    log,
    metrics,
  );
  const server = createServer(HTTP);
  origin.attach(server);
  const { url, port } = await listen(server, settings.listen);
  log.info({ url }, "the relay listens");
  await beforeFront(port);
  const front = await openFrontDoor(settings, { boot, buffers, stores, threads, log, metrics });
  const counted =
    settings.metrics && metrics
      ? await startMetricsServer(
          settings.metrics,
          metrics,
          () => origin.leaving || (front?.leaving() ?? false),
        )
      : undefined;
  if (counted) log.info({ url: counted.url }, "metrics are served");
  return {
    url,
    port,
    ...(front ? { front } : {}),
    ...(counted ? { metrics: counted } : {}),
    async close() {
      const until = performance.now() + shutdownSeconds * 1000;
      // While the front door finishes, the edge still needs the stores to commit.
      await front?.close(until);
      await origin.leave(server, until);
      digests.close();
      await counted?.close();
      await threads.stop();
      for (const store of stores.values()) await store.close?.();
    },
  };
}

async function openFrontDoor(
  { edge, frontDoor: door, cache: kept, idleSeconds, keys }: RelaySettings,
  relay: {
    boot: Boot;
    buffers: PartBuffers;
    stores: ReadonlyMap<string, OpenStore>;
    threads: HashThreads;
    log: Logger;
    metrics: Metrics | undefined;
  },
): Promise<FrontDoor | undefined> {
  const [key] = keys;
  if (!edge || !door || !key) return undefined;
  const { threads, log, metrics } = relay;
  const cache =
    kept &&
    (await ImageCache.open({ ...kept, dir: kept.path, threads, log, observe: (e) => metrics?.cache(e) }));
  if (cache) metrics?.watchCache(() => cache.bytes);
  const front = await startFrontDoor({
    ...relay,
    edgeUrl: edge.url,
    key,
    door,
    ...(cache ? { cache } : {}),
    idleSeconds,
  });
  relay.log.info({ url: front.url }, "the front door listens");
  return front;
}
