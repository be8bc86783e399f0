import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import {
  type Boot,
  type Control,
  controlPathOf,
  FOR_CLIENT,
  PART_BYTES,
  SITE,
  SITE_PROOF,
} from "../../protocol/control.ts";
import { type SigningKey, sign, UNSIGNED_PAYLOAD } from "../../protocol/signing.ts";
import { signSite } from "../../protocol/site.ts";
import { ServiceError } from "../../src/domain/errors.ts";

/** An edge that does not even take a connection is away: clients hear of it soon. */
const CONNECT_SECONDS = 3;
const ANSWER_SECONDS = 30;
/** To make an object of ten thousand parts, or to have another site sync a large file, takes its time. */
export const COMMIT_SECONDS = 300;
/** Shorter than the five seconds after which workerd closes an idle connection. */
const KEEP_ALIVE_SECONDS = 4;
const CONNECTIONS = 256;
/** A proof is good for a minute at the edge; it is made anew while it still is. */
const PROOF_SECONDS = 30;
const PROOFS = 256;

export type Headers = Record<string, string | readonly string[] | undefined>;

export interface EdgeOptions {
  readonly url: string;
  readonly key: SigningKey;
  readonly boot: Boot;
  /** Told of every answer, and of every failure to get one. */
  readonly observe?: (outcome: "answered" | "failed", seconds: number) => void;
}

export interface EdgeRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Readable | AsyncIterable<Uint8Array> | Uint8Array | string;
  readonly signal?: AbortSignal;
  /** How long the edge may think once it has the whole request. */
  readonly answerSeconds?: number;
}

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** The edge worker, over connections that are kept. What cannot be asked rejects `unavailable`. */
export class Edge {
  readonly #options: EdgeOptions;
  readonly #pool: Pool;
  /** Where the edge's own path begins, without a slash at its end. */
  readonly #base: string;
  readonly #proofs = new Map<string, { readonly proof: Promise<string>; readonly until: number }>();

  constructor(options: EdgeOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#base = pathname.replace(/\/+$/, "");
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_SECONDS * 1000 },
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      keepAliveMaxTimeout: KEEP_ALIVE_SECONDS * 1000,
      // Whoever waits for bytes bounds that wait by itself.
      bodyTimeout: 0,
    });
  }

  get boot(): Boot {
    return this.#options.boot;
  }

  /** A request as the client made it. One without a body that changes nothing is asked again when a connection broke. */
  async request(asked: EdgeRequest): Promise<EdgeAnswer> {
    const mayRepeat = asked.body === undefined && ["GET", "HEAD", "OPTIONS"].includes(asked.method);
    try {
      return await this.#ask(asked);
    } catch (error) {
      if (!mayRepeat || asked.signal?.aborted || !wasCutOff(error)) throw error;
      return this.#ask(asked);
    }
  }

  /** A question of the relay's own, signed; `json` is its body, `part` the bytes of a part. */
  async control(
    control: Control,
    asked: {
      readonly headers?: Headers;
      readonly query?: string;
      readonly json?: unknown;
      readonly part?: Uint8Array;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<EdgeAnswer> {
    const { json, part, signal } = asked;
    const method = part ? "PUT" : control.what === "file" ? "GET" : "POST";
    const { path, query } = asSent(
      this.#base + controlPathOf(control),
      part ? `${PART_BYTES}=${part.byteLength}` : (asked.query ?? ""),
    );
    const text = new TextEncoder().encode(json === undefined ? "" : JSON.stringify(json));
    const body = part ?? (method === "POST" ? text : undefined);
    const signature = await sign(
      this.#options.key,
      { method, path, query },
      part ? UNSIGNED_PAYLOAD : text,
      Date.now(),
    );
    return this.#ask({
      method,
      path: path.slice(this.#base.length) + (query && `?${query}`),
      headers: { ...asked.headers, ...(json === undefined ? {} : JSON_TYPE), ...signature },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      ...(control.what === "complete" ? { answerSeconds: COMMIT_SECONDS } : {}),
    });
  }

  /** The headers by which the edge learns under which address the client came. */
  async siteHeaders(site: string): Promise<Record<string, string>> {
    const now = Date.now();
    let known = this.#proofs.get(site);
    if (!known || known.until < now) {
      known = { proof: signSite(this.#options.key, site, now), until: now + PROOF_SECONDS * 1000 };
      if (this.#proofs.size >= PROOFS) this.#proofs.clear();
      this.#proofs.set(site, known);
    }
    return { [SITE]: site, [SITE_PROOF]: await known.proof };
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #ask({
    method,
    path,
    headers,
    body,
    signal,
    answerSeconds = ANSWER_SECONDS,
  }: EdgeRequest): Promise<EdgeAnswer> {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    try {
      const answer = await this.#pool.request({
        method: method as Dispatcher.HttpMethod,
        path: this.#base + path,
        headers: headers as Record<string, string | string[]>,
        body: (body as Readable | undefined) ?? null,
        signal: signal ?? null,
        headersTimeout: answerSeconds * 1000,
      });
      this.#options.observe?.("answered", seconds());
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      this.#options.observe?.("failed", seconds());
      throw new ServiceError("unavailable", "The image service cannot be reached from this site right now.", {
        cause,
      });
    }
  }
}

/** Path and query as every URL parser spells them: the edge checks the signature against what its own made of them. */
function asSent(path: string, query: string): { path: string; query: string } {
  const { pathname, search } = new URL(`http://edge${path}${query && `?${query}`}`);
  return { path: pathname, query: search.slice(1) };
}

const JSON_TYPE = { "content-type": "application/json" };

/** A kept connection that the edge had closed meanwhile. */
function wasCutOff(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

/** Whether an answer is the client's, to be passed on; any other that is no success is between edge and relay. */
export const isForClient = ({ headers }: EdgeAnswer): boolean => headers[FOR_CLIENT] !== undefined;

/** What the edge says to the relay alone, a mistake in keys or clocks mostly: an outage to those who want an image. */
export async function mistrusted(answer: EdgeAnswer): Promise<ServiceError> {
  const said = await textOf(answer.body);
  return new ServiceError("unavailable", "The image service cannot be reached from this site right now.", {
    cause: new Error(`the edge answered ${answer.status}: ${said}`),
  });
}

const SAID_CHARS = 500;

async function textOf(body: Readable): Promise<string> {
  let text = "";
  try {
    for await (const chunk of body) {
      text += chunk;
      if (text.length > SAID_CHARS) break;
    }
  } catch {
    // What there is of it will do.
  }
  return text.slice(0, SAID_CHARS);
}
