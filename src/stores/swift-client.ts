import { ServiceError } from "../domain/errors.ts";
import { boundedText, discard } from "../outbound/answers.ts";
import { withRetry } from "../outbound/retry.ts";
import type { ServiceLogin } from "../outbound/service-login.ts";
import { SharedWork } from "../outbound/shared-work.ts";
import { withTimeout } from "../outbound/timeout.ts";
import type { StorePlatform } from "./platform.ts";
import { SwiftAuth, type SwiftAuthOptions, type SwiftSession } from "./swift-auth.ts";
import { infoUrl, readInfo, type SwiftCapabilities, WITHOUT_INFO } from "./swift-info.ts";
import { mayPass, RETRIES, requireLasting, TemporaryAnswer } from "./swift-retries.ts";

export interface SwiftClientOptions extends SwiftAuthOptions {
  readonly platform: StorePlatform;
  /** A body in which nothing moves for this long is given up. */
  readonly idleSeconds: number;
  /** Containers are created when they are first written to. */
  readonly createContainer: boolean;
}

/** A request below the account that can be repeated. */
export interface SwiftAsk {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** A container, or a container and an object; empty for the account. */
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Replaces `answerSeconds` where the server has much to do. */
  readonly seconds?: number;
}

const INFO_MILLISECONDS = 600_000;
const TEXT_BYTES = 4 * 1024 * 1024;

/** A content coding would change the bytes that are counted and hashed. */
const PLAIN = { "accept-encoding": "identity" };

/**
 * A client of one Swift account. It keeps what all requests of an isolate can share: the token, the server's
 * capabilities, and which containers exist.
 */
export class SwiftClient {
  readonly id: string;
  readonly answerSeconds: number;
  readonly idleSeconds: number;
  /** A missing container is created when it is written to. */
  readonly createsContainers: boolean;
  readonly platform: StorePlatform;
  readonly #login: ServiceLogin<SwiftSession>;
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
    this.#login = new SwiftAuth(options).login;
  }

  /**
   * Returns the first answer that is not a temporary failure; after the last retry, the failure. A rejected token is
   * renewed once. Rejects `unavailable` if there is no answer.
   */
  async ask(ask: SwiftAsk): Promise<Response> {
    let renewed = false;
    const attempt = async (): Promise<Response> => {
      const session = await this.session();
      const response = await this.#try(session, ask);
      if (response.status !== 401 || renewed) return requireLasting(response);
      renewed = true;
      this.#login.drop(session);
      await discard(response);
      return attempt();
    };
    return withRetry(attempt, mayPass, RETRIES, ask.signal).catch((error: unknown) => {
      ask.signal?.throwIfAborted();
      if (error instanceof TemporaryAnswer) return error.response;
      throw this.away(error);
    });
  }

  /**
   * One attempt to send a body that cannot be sent again. The writer of the body limits the time, so the answer has no
   * limit of its own.
   */
  async send(
    session: SwiftSession,
    path: string,
    init: { readonly headers: Readonly<Record<string, string>>; body: ReadableStream; signal: AbortSignal },
  ): Promise<Response> {
    const { headers, body, signal } = init;
    return this.#fetch(session, { method: "PUT", path, headers }, signal, body);
  }

  session(): Promise<SwiftSession> {
    return this.#login.session();
  }

  drop(session: SwiftSession): void {
    this.#login.drop(session);
  }

  /** The server's capabilities, requested now and then. What it does not say has Swift's default. */
  async capabilities(): Promise<SwiftCapabilities> {
    if (this.#known && Date.now() < this.#known.until) return this.#known.can;
    const can = await this.#asking.once("", () => this.#askInfo());
    this.#known = { can, until: Date.now() + INFO_MILLISECONDS };
    return can;
  }

  /** Makes sure that the container exists, once. Rejects `unavailable` if it does not and may not be created. */
  async ensureContainer(container: string): Promise<void> {
    if (this.#containers.has(container)) return;
    if (!(await this.#hasContainer(container))) await this.#createContainer(container);
    this.#containers.add(container);
  }

  /** Rejects `unavailable` if the container is missing: then its contents need not be gone for good. */
  async requireContainer(container: string): Promise<void> {
    if (await this.#hasContainer(container)) return;
    this.forgetContainer(container);
    throw this.#missing(container, "");
  }

  forgetContainer(container: string): void {
    this.#containers.delete(container);
  }

  /** The text of an answer, at most as long as a listing. */
  async textOf(response: Response): Promise<string> {
    const read = (signal: AbortSignal) => boundedText(response, TEXT_BYTES, signal);
    return withTimeout(this.idleSeconds, read).catch((cause: unknown) => {
      throw this.away(cause);
    });
  }

  /** The error for the caller of a request that failed; the answer is for the log. */
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
        { cause, failureCause: "forbidden" },
      );
    if (status === 429 || status === 498)
      return new ServiceError(
        "unavailable",
        `The store ${this.id} is asked too much at once; try again later.`,
        { cause, failureCause: "busy" },
      );
    return new ServiceError("unavailable", `The store ${this.id} does not answer as it should.`, { cause });
  }

  /** A new token may let the request through. */
  tokenRefused(): ServiceError {
    return new ServiceError("unavailable", `The store ${this.id} does not take this service's token.`, {
      failureCause: "forbidden",
    });
  }

  /** The server's answer makes no sense. */
  unexpected(what: string): ServiceError {
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
      failureCause: "unreachable",
    });
  }

  #try(session: SwiftSession, ask: SwiftAsk): Promise<Response> {
    const { seconds = this.answerSeconds, signal } = ask;
    return withTimeout(seconds, (until) => this.#fetch(session, ask, until, ask.body), signal);
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
      // A redirect is not followed: it would take the token to wherever it points.
      redirect: "manual",
      headers: { ...PLAIN, ...headers, "x-auth-token": token },
      signal,
      ...(body === undefined ? {} : { body: body as NonNullable<RequestInit["body"]> }),
    });
  }

  async #hasContainer(container: string): Promise<boolean> {
    // Not HEAD: Swift sends a terminating chunk after its head, which breaks the next exchange on the connection.
    const found = await this.ask({ method: "GET", path: container, query: "format=json&limit=1" });
    await this.textOf(found);
    if (!found.ok && found.status !== 404) throw this.failed("GET", found);
    return found.ok;
  }

  #missing(container: string, more: string): ServiceError {
    const message = `The store ${this.id} has no container ${container}${more}.`;
    return new ServiceError("unavailable", message, { failureCause: "missing" });
  }

  async #createContainer(container: string): Promise<void> {
    if (!this.createsContainers) throw this.#missing(container, ", and is not allowed to make it");
    const made = await this.ask({ method: "PUT", path: container });
    await discard(made);
    if (!made.ok) throw this.failed("PUT", made);
  }

  async #askInfo(): Promise<SwiftCapabilities> {
    const url = infoUrl((await this.session()).storageUrl);
    const attempt = () =>
      withTimeout(this.answerSeconds, async (signal) => {
        const init = { redirect: "manual", headers: PLAIN, signal } as const;
        const response = await requireLasting(await this.#options.fetch(url, init));
        const text = await boundedText(response, TEXT_BYTES, signal);
        // Some operators have their servers say nothing.
        return response.ok ? readInfo(text) : WITHOUT_INFO;
      });
    return withRetry(attempt, mayPass, RETRIES).catch((error: unknown) => {
      throw error instanceof TemporaryAnswer ? this.failed("GET", error.response) : this.away(error);
    });
  }
}
