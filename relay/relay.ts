import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Logger, pino } from "pino";
import { BOOT_ID, REQUEST_ID } from "../protocol/headers.ts";
import { Nonces } from "../protocol/nonces.ts";
import { doorOf, HEALTHCHECK } from "../protocol/paths.ts";
import { payloadMatches, UNSIGNED_PAYLOAD, verify } from "../protocol/signing.ts";
import { ServiceError } from "../src/domain/errors.ts";
import type { ImageStore } from "../src/stores/contract.ts";
import { MemoryStore } from "../src/stores/memory.ts";
import { checkpointTo } from "./checkpoint.ts";
import { answerJson, answerRefusal } from "./door/answer.ts";
import { serveDoor } from "./door/origin-door.ts";
import { FileStore } from "./drivers/file.ts";
import { HashThreads } from "./hashing/hash-threads.ts";
import type { RelaySettings } from "./settings.ts";

/** More than three thousand requests a second for a clock window of a minute; each takes about a hundred bytes. */
const NONCES = 200_000;
const HEADERS_SECONDS = 30;
/** Longer than the edge keeps an idle connection, so that it is not closed under a request that is on its way. */
const KEEP_ALIVE_SECONDS = 75;
const REQUEST_ID_CHARS = 128;

export interface Relay {
  readonly url: string;
  readonly port: number;
  /** New each time a relay starts. */
  readonly bootId: string;
  /** Takes nothing new, finishes what runs within `shutdownSeconds`, then ends it. */
  close(): Promise<void>;
}

/** Listens and serves until it is closed. Rejects when a store or the port cannot be had. */
export async function startRelay(settings: RelaySettings, log: Logger = logOf(settings)): Promise<Relay> {
  const threads = new HashThreads();
  const fileStores: FileStore[] = [];
  const stores = new Map<string, ImageStore>();
  for (const store of settings.stores) {
    if (store.type === "memory") stores.set(store.id, new MemoryStore(store.id));
    else {
      const checkpoint = checkpointTo(settings.checkpointUrl);
      const opened = await FileStore.open({ dir: store.path, threads, checkpoint });
      fileStores.push(opened);
      stores.set(store.id, opened);
    }
  }
  const bootId = randomUUID();
  const visitors = new Visitors(settings, stores, bootId, log);
  const server = listenOn(visitors);
  const { host, port } = settings.listen;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const url = `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  log.info({ url }, "the relay listens");
  return {
    url,
    port: address.port,
    bootId,
    async close() {
      await visitors.leave(server, settings.shutdownSeconds);
      await threads.stop();
      for (const store of fileStores) await store.close();
    },
  };
}

const logOf = (settings: RelaySettings) =>
  pino({
    level: settings.logLevel,
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  });

function listenOn(visitors: Visitors): Server {
  const server = createServer({
    // An upload may take hours; a client that falls silent is the body's and the answer's matter.
    requestTimeout: 0,
    headersTimeout: HEADERS_SECONDS * 1000,
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
  });
  server.on("request", (request, response) => visitors.receive(request, response, false));
  server.on("checkContinue", (request, response) => visitors.receive(request, response, true));
  return server;
}

/** Every request, from its signature to the line in the log. */
class Visitors {
  readonly #settings: RelaySettings;
  readonly #stores: ReadonlyMap<string, ImageStore>;
  readonly #bootId: string;
  readonly #log: Logger;
  readonly #nonces = new Nonces(NONCES, Date.now);
  readonly #present = new Set<Promise<void>>();
  #leaving = false;

  constructor(settings: RelaySettings, stores: ReadonlyMap<string, ImageStore>, bootId: string, log: Logger) {
    this.#settings = settings;
    this.#stores = stores;
    this.#bootId = bootId;
    this.#log = log;
  }

  receive(request: IncomingMessage, response: ServerResponse, asksFirst: boolean): void {
    const visit = this.#visit(request, response, asksFirst).finally(() => this.#present.delete(visit));
    this.#present.add(visit);
  }

  async leave(server: Server, seconds: number): Promise<void> {
    this.#leaving = true;
    const closed = new Promise((resolve) => server.close(resolve));
    const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
    while (this.#present.size > 0) await Promise.all(this.#present);
    clearTimeout(timer);
    server.closeAllConnections();
    await closed;
  }

  /** Never rejects: whatever goes wrong in a request ends that request. */
  async #visit(request: IncomingMessage, response: ServerResponse, asksFirst: boolean): Promise<void> {
    const started = performance.now();
    const requestId = String(request.headers[REQUEST_ID] ?? `req-${randomUUID()}`).slice(0, REQUEST_ID_CHARS);
    const log = this.#log.child({ request_id: requestId });
    const { method = "", url = "" } = request;
    const [path = "", query = ""] = splitOnce(url, "?");
    response.setHeader(BOOT_ID, this.#bootId);
    response.setHeader(REQUEST_ID, requestId);
    if (this.#leaving) response.setHeader("connection", "close");
    let continued = !asksFirst;
    const sendContinue = () => {
      if (!continued) response.writeContinue();
      continued = true;
    };
    try {
      if (path === HEALTHCHECK && (method === "GET" || method === "HEAD"))
        answerJson(response, 200, { status: "ok" });
      else await this.#serve(request, response, { method, path, query }, sendContinue);
    } catch (error) {
      logRefusal(log, error);
      await answerRefusal(request, response, error, continued).catch(() => response.destroy());
    }
    const milliseconds = Math.round(performance.now() - started);
    log.info({ method, path, status: response.statusCode, milliseconds }, "request");
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    asked: { method: string; path: string; query: string },
    sendContinue: () => void,
  ): Promise<void> {
    const { keys, clockSeconds, idleSeconds } = this.#settings;
    const verdict = await verify(asked, request.headers.authorization, {
      keys,
      windowSeconds: clockSeconds,
      now: Date.now(),
      remember: (nonce, expires) => this.#nonces.remember(nonce, expires),
    });
    if (!verdict.ok) throw new ServiceError("unauthorized", verdict.message);
    const hasBody = asked.method === "PUT";
    const signedAsItIs = hasBody
      ? verdict.payload === UNSIGNED_PAYLOAD
      : await payloadMatches(verdict.payload, new Uint8Array());
    if (!signedAsItIs)
      throw new ServiceError("unauthorized", "The request's body is not the one that was signed.");
    const door = doorOf(asked.path);
    const store = door && this.#stores.get(door.store);
    if (!door || !store) throw new ServiceError("notFound", "The relay has no such resource.");
    const visit = { request, response, query: new URLSearchParams(asked.query), idleSeconds, sendContinue };
    await serveDoor(door, store, visit);
  }
}

/** A refusal is the caller's news; what has a cause, or is no refusal, is the operator's too. */
function logRefusal(log: Logger, error: unknown): void {
  if (!(error instanceof ServiceError)) log.error({ err: error }, "unexpected error");
  else if (error.cause !== undefined) log.warn({ err: error.cause }, error.message);
  else log.debug({ kind: error.kind }, error.message);
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}
