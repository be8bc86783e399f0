import type { Server } from "node:http";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { CacheEvent } from "./cache/image-cache.ts";

const REQUEST_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600,
];

/** A request that has been answered. */
export interface Answered {
  readonly door: "front" | "origin";
  /** Its kind: `metadata`, `upload`, `download`, `blob`. */
  readonly what: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The relay's metrics, for Prometheus, in a registry of their own: two relays in one process do not mix. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = this.#histogram(
    "glimpse_relay_request_duration_seconds",
    "Requests from their arrival to the end of their answer.",
    ["door", "what", "method", "status"],
  );
  readonly #bytes = this.#counter("glimpse_relay_transferred_bytes_total", "Bytes on the wire.", [
    "door",
    "direction",
  ]);
  readonly #present = this.#gauge("glimpse_relay_requests_in_progress", "Requests not yet answered.", [
    "door",
    "what",
  ]);
  readonly #edge = this.#histogram(
    "glimpse_relay_edge_answer_duration_seconds",
    "How long the edge took to begin its answers, and how long it was waited for in vain.",
    ["outcome"],
  );
  readonly #cache = this.#counter("glimpse_relay_cache_events_total", "What became of reads of the cache.", [
    "event",
  ]);
  readonly #dropped = this.#counter(
    "glimpse_relay_connections_dropped_total",
    "Connections beyond the most that are taken.",
    [],
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: "glimpse_relay_" });
  }

  arrived(door: Answered["door"], what: string): void {
    this.#present.inc({ door, what });
  }

  answered({ door, what, method, status, seconds, bytesIn, bytesOut }: Answered): void {
    this.#present.dec({ door, what });
    this.#requests.observe({ door, what, method: KNOWN.has(method) ? method : "other", status }, seconds);
    this.#bytes.inc({ door, direction: "in" }, bytesIn);
    this.#bytes.inc({ door, direction: "out" }, bytesOut);
  }

  edge(outcome: "answered" | "failed", seconds: number): void {
    this.#edge.observe({ outcome }, seconds);
  }

  cache(event: CacheEvent): void {
    this.#cache.inc({ event });
  }

  /** Counts the front door's connections, and those it rejects. */
  watch(server: Server): void {
    server.on("drop", () => this.#dropped.inc());
    new Gauge({
      name: "glimpse_relay_connections",
      help: "Open connections of clients.",
      registers: [this.registry],
      async collect() {
        this.set(
          await new Promise<number>((resolve) => server.getConnections((_error, n) => resolve(n ?? 0))),
        );
      },
    });
  }

  /** Reports the cache's size whenever the metrics are read. */
  watchCache(bytes: () => number): void {
    new Gauge({
      name: "glimpse_relay_cache_bytes",
      help: "Bytes of image data that the cache holds.",
      registers: [this.registry],
      collect() {
        this.set(bytes());
      },
    });
  }

  #histogram<T extends string>(name: string, help: string, labelNames: T[]): Histogram<T> {
    return new Histogram({ name, help, labelNames, buckets: REQUEST_SECONDS, registers: [this.registry] });
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge<T extends string>(name: string, help: string, labelNames: T[]): Gauge<T> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}

/** A client may send any method, and each would become a series of its own. */
const KNOWN = new Set(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]);
