import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { REQUEST_ID } from "../protocol/headers.ts";
import { ServiceError } from "../src/domain/errors.ts";

const REQUEST_ID_CHARS = 128;

/** A request at one of the relay's doors. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** As they stand in the request line; the query without its question mark. */
  readonly path: string;
  readonly query: string;
  readonly requestId: string;
  readonly log: Logger;
  /** Whether the client sends its body without being told to. */
  readonly bodyIsComing: () => boolean;
  /** Tells a client that asked first to send its body. */
  readonly sendContinue: () => void;
}

export interface Door {
  readonly serve: (visit: Visit) => Promise<void>;
  /** Answers with what was refused and why. */
  readonly refuse: (visit: Visit, error: unknown) => Promise<void>;
  /** More fields for the line in the log. */
  readonly about?: (visit: Visit) => Record<string, unknown>;
}

/** Every request of a door, from its arrival to the line in the log. */
export class Visits {
  readonly #door: Door;
  readonly #log: Logger;
  readonly #present = new Set<Promise<void>>();
  #leaving = false;

  constructor(door: Door, log: Logger) {
    this.#door = door;
    this.#log = log;
  }

  get leaving(): boolean {
    return this.#leaving;
  }

  attach(server: Server): void {
    server.on("request", (request, response) => this.#receive(request, response, false));
    server.on("checkContinue", (request, response) => this.#receive(request, response, true));
  }

  /** Takes nothing new, lets what runs finish within so many seconds, then ends it. */
  async leave(server: Server, seconds: number): Promise<void> {
    this.#leaving = true;
    const closed = new Promise((resolve) => server.close(resolve));
    const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
    while (this.#present.size > 0) await Promise.all(this.#present);
    clearTimeout(timer);
    server.closeAllConnections();
    await closed;
  }

  #receive(request: IncomingMessage, response: ServerResponse, asksFirst: boolean): void {
    const visit = this.#visit(request, response, asksFirst).finally(() => this.#present.delete(visit));
    this.#present.add(visit);
  }

  /** Never rejects: whatever goes wrong in a request ends that request. */
  async #visit(request: IncomingMessage, response: ServerResponse, asksFirst: boolean): Promise<void> {
    const started = performance.now();
    if (this.#leaving) response.setHeader("connection", "close");
    const visit = visitOf(request, response, this.#log, asksFirst);
    const { log, method, path } = visit;
    try {
      await this.#door.serve(visit);
    } catch (error) {
      logRefusal(log, error);
      await this.#door.refuse(visit, error).catch(() => response.destroy());
    }
    const milliseconds = Math.round(performance.now() - started);
    const about = this.#door.about?.(visit);
    log.info({ method, path, status: response.statusCode, milliseconds, ...about }, "request");
  }
}

function visitOf(request: IncomingMessage, response: ServerResponse, log: Logger, asksFirst: boolean): Visit {
  const requestId = String(request.headers[REQUEST_ID] ?? `req-${randomUUID()}`).slice(0, REQUEST_ID_CHARS);
  const [path = "", query = ""] = splitOnce(request.url ?? "", "?");
  let continued = !asksFirst;
  return {
    request,
    response,
    method: request.method ?? "",
    path,
    query,
    requestId,
    log: log.child({ request_id: requestId }),
    bodyIsComing: () => continued,
    sendContinue: () => {
      if (!continued) response.writeContinue();
      continued = true;
    },
  };
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
