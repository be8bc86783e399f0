import type { Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Logger } from "pino";
import type { Boot } from "../../protocol/control.ts";
import type { SigningKey } from "../../protocol/signing.ts";
import { CORS_DEFAULTS } from "../../src/http/cors.ts";
import type { ImageCache } from "../cache/image-cache.ts";
import type { FrontDoorSettings } from "../front-settings.ts";
import type { HashThreads } from "../hashing/hash-threads.ts";
import { HTTP, type Listening, listen } from "../listen.ts";
import type { Metrics } from "../metrics.ts";
import { createServer } from "../node-http.ts";
import type { OpenStore } from "../open-store.ts";
import type { PartBuffers } from "../part-buffers.ts";
import { Visits } from "../visits.ts";
import { addresses } from "./address.ts";
import { Edge } from "./edge.ts";
import { frontDoor } from "./front-door.ts";
import { accepted } from "./lease.ts";
import { reloadOnHangup, tlsOptions } from "./tls.ts";

/** Events that concern many clients at once are logged once in this time. */
const SAY_SECONDS = 60;
const ANNOUNCE_RETRY_SECONDS = 1;
/** Failures after which the operator is told. */
const ANNOUNCE_TRIES = 10;

export interface FrontDoorOptions {
  readonly edgeUrl: string;
  readonly key: SigningKey;
  readonly boot: Boot;
  readonly buffers: PartBuffers;
  readonly door: FrontDoorSettings;
  readonly stores: ReadonlyMap<string, OpenStore>;
  readonly threads: HashThreads;
  readonly cache?: ImageCache;
  readonly idleSeconds: number;
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
}

export interface FrontDoor extends Listening {
  readonly leaving: () => boolean;
  /** Takes nothing new, lets running requests finish until then (`performance.now()`), and ends the rest. */
  close(until: number): Promise<void>;
}

/** Opens the front door, and tells the edge that whatever this relay held in an earlier life has ended. */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { edgeUrl, key, boot, door, log, metrics, ...rest } = options;
  const edge = new Edge({
    url: edgeUrl,
    key,
    boot,
    connections: door.maxConnections,
    observe: (outcome, seconds) => metrics?.edge(outcome, seconds),
  });
  const addressOf = addresses(door);
  const served = frontDoor({
    ...rest,
    edge,
    addressOf,
    cors: door.cors ?? CORS_DEFAULTS,
    leaving: () => visits.leaving,
  });
  const visits: Visits = new Visits(served, log, metrics);
  const { server, stopReloading } = serverOf(door, log);
  visits.attach(server);
  metrics?.watch(server);
  const listening = await listen(server, door, door.tls ? "https" : "http");
  const ended = new AbortController();
  void announce(edge, log, ended.signal);
  return {
    ...listening,
    leaving: () => visits.leaving,
    async close(until) {
      ended.abort();
      stopReloading();
      await visits.leave(server, until);
      await options.cache?.close();
      await edge.close();
    },
  };
}

/** Accepts no more connections than the operator allows: the system has only so many, and each costs memory. */
function serverOf(door: FrontDoorSettings, log: Logger): { server: Server; stopReloading: () => void } {
  const { tls, maxConnections } = door;
  const server = tls ? createTlsServer({ ...HTTP, ...tlsOptions(tls) }) : createServer(HTTP);
  server.maxConnections = maxConnections;
  server.on(
    "drop",
    onceInAWhile(() => log.warn({ maxConnections }, "connections are dropped: there are too many")),
  );
  const stopReloading = tls ? reloadOnHangup(server as TlsServer, tls, log) : () => {};
  return { server, stopReloading };
}

function onceInAWhile(say: () => void): () => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - saidAt < SAY_SECONDS * 1000) return;
    saidAt = performance.now();
    say();
  };
}

/** Retries until the edge has heard it: otherwise leases of the earlier life would last until they expire. */
async function announce(edge: Edge, log: Logger, ended: AbortSignal): Promise<void> {
  for (let tries = 1; !ended.aborted; tries++) {
    try {
      (await accepted(await edge.control({ what: "boots" }, { json: edge.boot }))).body.resume();
      log.info("the edge knows that the relay has started");
      return;
    } catch (error) {
      // On one machine the edge is also still starting.
      if (tries === ANNOUNCE_TRIES)
        log.warn({ err: error }, "the edge cannot be told that the relay has started");
      await new Promise((resolve) => setTimeout(resolve, ANNOUNCE_RETRY_SECONDS * 1000).unref());
    }
  }
}
