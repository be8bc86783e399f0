import { SharedWork } from "../auth/shared-work.ts";
import { ServiceError } from "../domain/errors.ts";
import { boundedText } from "../outbound/answers.ts";
import { withTimeout } from "../outbound/timeout.ts";
import type { StorePlatform } from "./platform.ts";
import { SwiftAuth, type SwiftAuthOptions, type SwiftSession } from "./swift-auth.ts";
import { infoUrl, readInfo, type SwiftCapabilities, WITHOUT_INFO } from "./swift-info.ts";
import { isTemporary, pause, RETRIES, waitBefore } from "./swift-retries.ts";

export interface SwiftClientOptions extends SwiftAuthOptions {
  readonly platform: StorePlatform;
  /** A body of which nothing moves for so long is given up. */
  readonly idleSeconds: number;
  /** Containers are made when they are first written to. */
  readonly createContainer: boolean;
}

/** A request below the account that can be sent again. */
export interface SwiftAsk {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** A container, or a container and an object; empty for the account. */
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Instead of `answerSeconds`, where the server has much to do. */
  readonly seconds?: number;
}

const INFO_MILLISECONDS = 600_000;
const TEXT_BYTES = 4 * 1024 * 1024;

/** A codec would make the bytes others than those that are counted and hashed. */
const PLAIN = { "accept-encoding": "identity" };

/**
 * Speaks to one Swift account. It keeps what may outlive a request and is good for all of an isolate's: the token, what
 * the server can do, and which containers there are.
 */
export class SwiftClient {
  readonly id: string;
  readonly answerSeconds: number;
  readonly idleSeconds: number;
  /** One that is not there yet is made when it is written to. */
  readonly createsContainers: boolean;
  readonly platform: StorePlatform;
  readonly #auth: SwiftAuth;
  readonly #options: SwiftClientOptions;
  readonly #containers = new Set<string>();
  readonly #asking = new SharedWork<SwiftCapabilities>();
  #known: { readonly can: SwiftCapabilities; readonly until: number } | undefined;

  constructor(options: SwiftClientOptions) {
    this.id = options.id;
    this.answerSeconds = options.answerSeconds;
    this.idleSeconds = options.idleSeconds;
    this.createsContainers = options.createContainer;
    this.platform = options.platform;
    this.#options = options;
    this.#auth = new SwiftAuth(options);
  }

  /**
   * Any answer that is no temporary failure; of those the last one, when they do not end. A token that is not taken is
   * renewed once. Rejects `unavailable` when nobody answers.
   */
  async ask(ask: SwiftAsk): Promise<Response> {
    const until = Date.now() + RETRIES.withinSeconds * 1000;
    let renewed = false;
    for (let tries = 0; ; ) {
      ask.signal?.throwIfAborted();
      const session = await this.session();
      const { response, cause } = await this.#try(session, ask);
      if (response?.status === 401 && !renewed) {
        renewed = true;
        this.#auth.drop(session);
        await discard(response);
        continue;
      }
      if (response && !isTemporary(response.status)) return response;
      const wait = waitBefore(tries++, response?.headers.get("retry-after"));
      if (tries > RETRIES.most || Date.now() + wait > until) {
        if (response) return response;
        throw this.away(cause);
      }
      if (response) await discard(response);
      await pause(wait);
    }
  }

  /** One try of a body that may be gone when it fails. The answer has no time of its own: who writes the body watches it. */
  async send(
    session: SwiftSession,
    path: string,
    init: { readonly headers: Readonly<Record<string, string>>; body: ReadableStream; signal: AbortSignal },
  ): Promise<Response> {
    const { headers, body, signal } = init;
    return this.#fetch(session, { method: "PUT", path, headers }, signal, body);
  }

  session(): Promise<SwiftSession> {
    return this.#auth.session();
  }

  drop(session: SwiftSession): void {
    this.#auth.drop(session);
  }

  /** What the server says that it can do, asked for now and then; what it does not say is as Swift has it by default. */
  async capabilities(): Promise<SwiftCapabilities> {
    if (this.#known && Date.now() < this.#known.until) return this.#known.can;
    const can = await this.#asking.once("", () => this.#askInfo());
    this.#known = { can, until: Date.now() + INFO_MILLISECONDS };
    return can;
  }

  /** Makes sure that the container is there, once. Rejects `unavailable` where it is not and may not be made. */
  async ensureContainer(container: string): Promise<void> {
    if (this.#containers.has(container)) return;
    if (!(await this.#hasContainer(container))) await this.#createContainer(container);
    this.#containers.add(container);
  }

  /** Rejects `unavailable` where the container is missing: of what was in it nobody can say that it is gone for good. */
  async requireContainer(container: string): Promise<void> {
    if (await this.#hasContainer(container)) return;
    this.forgetContainer(container);
    throw this.#missing(container, "");
  }

  forgetContainer(container: string): void {
    this.#containers.delete(container);
  }

  /** The text of an answer, of which no more is read than a listing has. */
  async textOf(response: Response): Promise<string> {
    const read = (signal: AbortSignal) => boundedText(response, TEXT_BYTES, signal);
    return withTimeout(this.idleSeconds, read).catch((cause: unknown) => {
      throw this.away(cause);
    });
  }

  /** Why a request did not succeed, for its caller; what was answered is for the log. */
  failed(method: string, { status }: Response): ServiceError {
    const cause = new Error(`${method} was answered with ${status}`);
    const writes = method === "PUT" || method === "DELETE";
    if (status === 412)
      return new ServiceError("conflict", `The store ${this.id} has this already.`, { cause });
    if (writes && (status === 413 || status === 507))
      return new ServiceError("full", `The store ${this.id} has no room for this.`, { cause });
    if (status === 401 || status === 403)
      return new ServiceError(
        writes ? "writeDenied" : "unavailable",
        `The store ${this.id} does not let this service ${writes ? "write" : "read"}.`,
        { cause, ailment: "forbidden" },
      );
    if (status === 429 || status === 498)
      return new ServiceError(
        "unavailable",
        `The store ${this.id} is asked too much at once; try again later.`,
        { cause, ailment: "busy" },
      );
    return new ServiceError("unavailable", `The store ${this.id} does not answer as it should.`, { cause });
  }

  /** With a new one the request may be let through. */
  tokenRefused(): ServiceError {
    return new ServiceError("unavailable", `The store ${this.id} does not take this service's token.`, {
      ailment: "forbidden",
    });
  }

  /** The server answers what no such server should. */
  odd(what: string): ServiceError {
    const cause = new Error(what);
    return new ServiceError("unavailable", `The store ${this.id} does not answer as it should.`, { cause });
  }

  brokeOff(cause: unknown): ServiceError {
    return new ServiceError("unavailable", `The store ${this.id} stopped in the middle of the data.`, {
      cause,
    });
  }

  away(cause: unknown): ServiceError {
    if (cause instanceof ServiceError) return cause;
    return new ServiceError("unavailable", `The store ${this.id} cannot be reached.`, {
      cause,
      ailment: "unreachable",
    });
  }

  async #try(session: SwiftSession, ask: SwiftAsk): Promise<{ response?: Response; cause?: unknown }> {
    const { seconds = this.answerSeconds, signal } = ask;
    try {
      const send = (until: AbortSignal) => this.#fetch(session, ask, until, ask.body);
      const response = await withTimeout(seconds, send, signal);
      return { response };
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      return { cause };
    }
  }

  #fetch(
    { storageUrl, token }: SwiftSession,
    { method, path, query, headers }: SwiftAsk,
    signal: AbortSignal,
    body: ReadableStream | Uint8Array | string | undefined,
  ): Promise<Response> {
    const url = [storageUrl, ...path.split("/").map(encodeURIComponent)]
      .filter((part) => part !== "")
      .join("/");
    return this.#options.fetch(query === undefined ? url : `${url}?${query}`, {
      method,
      // A redirect is not followed: it would take the token along to wherever it points.
      redirect: "manual",
      headers: { ...PLAIN, ...headers, "x-auth-token": token },
      signal,
      ...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
    });
  }

  async #hasContainer(container: string): Promise<boolean> {
    // Not HEAD: Swift sends the end of a body after its head, which breaks what comes next on the connection.
    const found = await this.ask({ method: "GET", path: container, query: "format=json&limit=1" });
    await this.textOf(found);
    if (!found.ok && found.status !== 404) throw this.failed("GET", found);
    return found.ok;
  }

  #missing(container: string, more: string): ServiceError {
    const message = `The store ${this.id} has no container ${container}${more}.`;
    return new ServiceError("unavailable", message, { ailment: "missing" });
  }

  async #createContainer(container: string): Promise<void> {
    if (!this.createsContainers) throw this.#missing(container, ", and is not allowed to make it");
    const made = await this.ask({ method: "PUT", path: container });
    await discard(made);
    if (!made.ok) throw this.failed("PUT", made);
  }

  async #askInfo(): Promise<SwiftCapabilities> {
    const session = await this.session();
    const url = infoUrl(session.storageUrl);
    for (let tries = 0; ; tries++) {
      const outcome = await withTimeout(this.answerSeconds, async (signal) => {
        const response = await this.#options.fetch(url, { redirect: "manual", headers: PLAIN, signal });
        return { response, text: await this.textOf(response) };
      }).catch((cause: unknown) => ({ cause }));
      if ("response" in outcome && !isTemporary(outcome.response.status))
        // Some are told by their operator to say nothing.
        return outcome.response.ok ? readInfo(outcome.text) : WITHOUT_INFO;
      if (tries === RETRIES.most) {
        if ("cause" in outcome) throw this.away(outcome.cause);
        throw this.failed("GET", outcome.response);
      }
      await pause(waitBefore(tries));
    }
  }
}

export const discard = async ({ body }: Response): Promise<void> => {
  await body?.cancel().catch(() => undefined);
};
