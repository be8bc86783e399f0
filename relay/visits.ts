import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { REQUEST_ID } from "../protocol/headers.ts";
import { ServiceError } from "../src/domain/errors.ts";
import { requestIdFrom } from "../src/http/request-id.ts";
import type { Metrics } from "./metrics.ts";
import { answerToUnreadable, type HeadersFor, type ParserError } from "./unreadable.ts";

/** Time for aborted requests to clean up. For two doors together it is less than the launcher, and systemd, wait. */
const GRACE_SECONDS = 2;

/** A request at one of the relay's doors. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  /** The id under which the edge logs this request too. */
  readonly requestId: string;
  readonly log: Logger;
  /** Whether the client sends its body without being told to. */
  readonly bodyIsComing: () => boolean;
  /** Tells a client that sent `Expect: 100-continue` to send its body. */
  readonly sendContinue: () => void;
  /** Aborted when the client has gone before it was answered. */
  readonly gone: AbortSignal;
  /** Aborted when what the client sends is no longer HTTP: its body never ends, but it can still be answered. */
  readonly broken: AbortSignal;
}

export interface Door {
  readonly serve: (visit: Visit) => Promise<void>;
  /** Answers with what was refused and why. */
  readonly refuse: (visit: Visit, error: unknown) => Promise<void>;
  readonly name: "front" | "origin";
  /** The kind of request, for the metrics. */
  readonly kindOf: (visit: Visit) => string;
  /** The client's address, as far as it is known. */
  readonly clientOf?: (visit: Visit) => string;
  /** Headers for the answer to a request that cannot be read. */
  readonly headersFor?: HeadersFor;
}

/** Handles every request of a door, from its arrival to its line in the log. */
export class Visits {
  readonly #door: Door;
  readonly #log: Logger;
  readonly #metrics: Metrics | undefined;
  readonly #present = new Set<Promise<void>>();
  readonly #current = new WeakMap<Duplex, Visiting>();
  #leaving = false;

  constructor(door: Door, log: Logger, metrics: Metrics | undefined) {
    this.#door = door;
    this.#log = log;
    this.#metrics = metrics;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  attach(server: Server): void {
    server.on("request", (request, response) => this.#receive(request, response, false));
    server.on("checkContinue", (request, response) => this.#receive(request, response, true));
    // By default Node answers an unknown expectation with 417, which RFC 9110 section 10.1.1 allows but does not
    // require. Here the request is answered as any other.
    server.on("checkExpectation", (request, response) => this.#receive(request, response, false));
    server.on("clientError", (error, socket) => this.#garbage(error, socket));
  }

  /**
   * Unreadable bytes end their connection, but not before the pending answer: garbage after a complete request is no
   * reason to lose that.
   */
  #garbage(error: ParserError, socket: Duplex): void {
    const visiting = this.#current.get(socket);
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    if (!visiting || visiting.response.writableFinished) {
      const { status, requestId, text } = answerToUnreadable(error, this.#door.headersFor);
      this.#log.info({ door: this.#door.name, status, request_id: requestId }, "unreadable request");
      return void socket.end(text);
    }
    visiting.response.shouldKeepAlive = false;
    if (!visiting.request.complete)
      visiting.broken.abort(new ServiceError("invalid", "The request's body is not what HTTP allows."));
    visiting.response.once("finish", () => socket.destroy());
  }

  /** Takes nothing new, lets running requests finish until then (`performance.now()`), and ends the rest. */
  async leave(server: Server, until: number): Promise<void> {
    this.#leaving = true;
    const closed = new Promise((resolve) => server.close(resolve));
    if (!(await this.#haveEnded(until))) {
      server.closeAllConnections();
      await this.#haveEnded(performance.now() + GRACE_SECONDS * 1000);
    }
    server.closeAllConnections();
    await closed;
  }

  /**
   * Resolves to whether all requests ended in time. One may be waiting for an edge that hangs, and is not waited for.
   */
  async #haveEnded(until: number): Promise<boolean> {
    while (this.#present.size > 0) {
      const milliseconds = until - performance.now();
      if (milliseconds <= 0) return false;
      const stop = new AbortController();
      const late = wait(milliseconds, undefined, { signal: stop.signal }).catch(() => {});
      await Promise.race([Promise.all(this.#present), late]);
      stop.abort();
    }
    return true;
  }

  #receive(request: IncomingMessage, response: ServerResponse, asksFirst: boolean): void {
    const broken = new AbortController();
    this.#current.set(request.socket, { request, response, broken });
    const visit = this.#visit(visitOf(request, response, this.#log, { asksFirst, broken })).finally(() =>
      this.#present.delete(visit),
    );
    this.#present.add(visit);
  }

  /** Never rejects: whatever goes wrong in a request ends only that request. */
  async #visit(visit: Visit): Promise<void> {
    const started = performance.now();
    const { request, response, log, method, path } = visit;
    const { name: door, kindOf, clientOf } = this.#door;
    const { socket } = request;
    const before = { in: socket.bytesRead, out: socket.bytesWritten };
    const what = kindOf(visit);
    this.#metrics?.arrived(door, what);
    if (this.#leaving) response.setHeader("connection", "close");
    try {
      requireReadableBody(request);
      await this.#door.serve(visit);
    } catch (error) {
      logRefusal(log, error);
      await this.#door.refuse(visit, error).catch(() => response.destroy());
    }
    const milliseconds = Math.round(performance.now() - started);
    const status = response.statusCode;
    const client = clientOf ? { client: clientOf(visit) } : {};
    log.info({ door, method, path, status, milliseconds, ...client }, "request");
    this.#metrics?.answered({
      ...{ door, what, method, status, seconds: milliseconds / 1000 },
      bytesIn: socket.bytesRead - before.in,
      bytesOut: socket.bytesWritten - before.out,
    });
  }
}

/** Node decodes only chunked transfer encoding, and would pass on data compressed within it as if it were the body. */
function requireReadableBody({ headers }: IncomingMessage): void {
  const coding = headers["transfer-encoding"]?.trim().toLowerCase() ?? "chunked";
  if (coding !== "chunked")
    throw new ServiceError("notImplemented", "The only transfer coding that is known here is chunked.");
}

interface Visiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly broken: AbortController;
}

function visitOf(
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
  { asksFirst, broken }: { readonly asksFirst: boolean; readonly broken: AbortController },
): Visit {
  const given = request.headers[REQUEST_ID];
  const requestId = requestIdFrom(given === undefined ? undefined : String(given));
  const target = originForm(request.url ?? "/");
  const [path = "", query = ""] = splitOnce(target, "?");
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new ServiceError("invalid", "The client went away."));
  });
  let continued = !asksFirst;
  return {
    request,
    response,
    method: request.method ?? "",
    target,
    path,
    query,
    requestId,
    log: log.child({ request_id: requestId }),
    gone: gone.signal,
    broken: broken.signal,
    bodyIsComing: () => continued,
    sendContinue: () => {
      if (!continued) response.writeContinue();
      continued = true;
    },
  };
}

/**
 * A refusal, or a missing resource, concerns the caller only. A refusal with a cause, or any other error, concerns the
 * operator too.
 */
function logRefusal(log: Logger, error: unknown): void {
  if (!(error instanceof ServiceError)) log.error({ err: error }, "unexpected error");
  else if (error.cause !== undefined && error.kind !== "notFound")
    log.warn({ err: error.cause }, error.message);
  else log.debug({ kind: error.kind }, error.message);
}

/**
 * A client may name the whole URL, as it would to a proxy (RFC 9112 section 3.2.2); only path and query matter here. It
 * may leave characters unescaped that workerd refuses before the service sees them: `name=in:"a,b"`.
 */
function originForm(target: string): string {
  const escaped = target.replaceAll(/["<>]/g, encodeURIComponent);
  if (escaped.startsWith("/")) return escaped;
  const rest = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(escaped)?.[1] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}
