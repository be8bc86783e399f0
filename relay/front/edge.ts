import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import {
  type Boot,
  type Control,
  controlPathOf,
  PART_BYTES,
  SITE,
  SITE_PROOF,
} from "../../protocol/control.ts";
import { type SigningKey, sign, UNSIGNED_PAYLOAD } from "../../protocol/signing.ts";
import { signSite } from "../../protocol/site.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import { unlessAborted } from "../../src/outbound/unless-aborted.ts";
import { HttpPool } from "../http-pool.ts";
import { StepClock } from "../step-clock.ts";

/** An edge that does not even accept a connection is away, and clients are told soon. */
const CONNECT_SECONDS = 3;
/** Time limit for getting a connection, for a piece of a body to be taken, and usually for an answer. */
const STEP_SECONDS = 30;
/**
 * Time limit for slow commits: assembling an object from ten thousand parts, or having another site sync a large file.
 * The system may also still be sending megabytes of a body over a slow line.
 */
export const COMMIT_SECONDS = 300;
/** A body in memory is sent in pieces of this size, so that its progress can be observed. */
const PIECE_BYTES = 256 * 1024;
/** Shorter than the five seconds after which workerd closes an idle connection. */
const KEEP_ALIVE_SECONDS = 4;
/** For the relay's own short requests: whatever clients do, these never wait behind a body. */
const CONTROL_CONNECTIONS = 64;
/** A proof is valid for a minute at the edge; it is renewed well before that. */
const PROOF_SECONDS = 30;
const PROOFS = 256;

export type Headers = Record<string, string | readonly string[] | undefined>;

export interface EdgeOptions {
  readonly url: string;
  readonly key: SigningKey;
  readonly boot: Boot;
  /** As many as there are clients, so that a slow client keeps nobody else from the edge. */
  readonly connections: number;
  /** Time limit for each step of a request (step-clock.ts). */
  readonly stepSeconds?: number;
  /** Called for every answer, and for every failure to get one. */
  readonly observe?: (outcome: "answered" | "failed", seconds: number) => void;
}

export interface EdgeRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  /** The body, complete in memory or still to come. In the second case its source limits the wait. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array;
  readonly signal?: AbortSignal;
  /** Called with the size of each piece of the body that the edge's connection has taken. */
  readonly sent?: (bytes: number) => void;
  /** Time limit for the answer once the edge has the whole request. */
  readonly answerSeconds?: number;
  /** Time limit for each piece of the answer. Without it the reader limits that wait. */
  readonly pieceSeconds?: number;
}

/** What goes with a request: `json` is its body, or `part` the bytes of a part. */
export interface ControlRequest extends Pick<EdgeRequest, "signal" | "sent"> {
  readonly headers?: Headers;
  readonly query?: string;
  readonly json?: unknown;
  readonly part?: Uint8Array;
}

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData["body"];
}

/** The edge worker, over connections that are kept alive. A request that cannot be made rejects `unavailable`. */
export class Edge {
  readonly #options: EdgeOptions;
  /** Connections for what clients send and fetch, for as long as they like. */
  readonly #bodies: HttpPool;
  readonly #questions: HttpPool;
  /** The path prefix of the edge's URL, without a slash at its end. */
  readonly #base: string;
  readonly #proofs = new Map<string, { readonly proof: Promise<string>; readonly until: number }>();

  constructor(options: EdgeOptions) {
    this.#options = options;
    const { origin, pathname } = new URL(options.url);
    this.#base = pathname.replace(/\/+$/, "");
    const settings = {
      connect: { timeout: CONNECT_SECONDS * 1000 },
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      keepAliveMaxTimeout: KEEP_ALIVE_SECONDS * 1000,
      // This limit would count from the start of the request.
      headersTimeout: 0,
    };
    this.#bodies = new HttpPool(origin, { ...settings, connections: options.connections });
    this.#questions = new HttpPool(origin, { ...settings, connections: CONTROL_CONNECTIONS });
  }

  get boot(): Boot {
    return this.#options.boot;
  }

  get #stepSeconds(): number {
    return this.#options.stepSeconds ?? STEP_SECONDS;
  }

  /** A request as the client made it. */
  async request(asked: EdgeRequest): Promise<EdgeAnswer> {
    const mayRepeat = asked.body === undefined && ["GET", "HEAD", "OPTIONS"].includes(asked.method);
    return repeated(mayRepeat, asked.signal, () => this.#ask(this.#bodies, asked));
  }

  /** A request of the relay's own, signed anew for each attempt. */
  async control(control: Control, asked: ControlRequest = {}): Promise<EdgeAnswer> {
    const method = asked.part ? "PUT" : control.what === "file" ? "GET" : "POST";
    // Renewing a lease twice does no harm.
    const mayRepeat = method === "GET" || control.what === "heartbeat";
    return repeated(mayRepeat, asked.signal, async () => {
      const signed = await this.#signed(method, control, asked);
      // Slow commits on the connections of short requests would delay heartbeats and cost leases.
      const takesItsTime = signed.answerSeconds !== undefined;
      return this.#ask(takesItsTime ? this.#bodies : this.#questions, signed);
    });
  }

  /** The headers that tell the edge under which address the client came. */
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

  async close(): Promise<void> {
    await Promise.all([this.#bodies.destroy(), this.#questions.destroy()]);
  }

  async #signed(method: string, control: Control, asked: ControlRequest): Promise<EdgeRequest> {
    const { headers, json, part, signal, sent } = asked;
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
    return {
      method,
      path: path.slice(this.#base.length) + (query && `?${query}`),
      headers: {
        ...headers,
        ...(json === undefined ? {} : JSON_TYPE),
        ...(part ? BYTES_TYPE : {}),
        ...signature,
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      ...(sent === undefined ? {} : { sent }),
      ...(control.what === "complete" || part ? { answerSeconds: COMMIT_SECONDS } : {}),
      pieceSeconds: this.#stepSeconds,
    };
  }

  async #ask(
    pool: HttpPool,
    { method, path, headers, body, signal, ...asked }: EdgeRequest,
  ): Promise<EdgeAnswer> {
    const { answerSeconds = this.#stepSeconds, pieceSeconds = 0, sent } = asked;
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    using clock = new StepClock();
    const ends = signal ? AbortSignal.any([signal, clock.signal]) : clock.signal;
    clock.begin("a connection and an answer", body ? this.#stepSeconds : answerSeconds);
    try {
      const asking = pool.request({
        method: method as Dispatcher.HttpMethod,
        path: this.#base + path,
        headers: {
          ...(headers as Record<string, string | string[]>),
          ...(body instanceof Uint8Array ? { "content-length": String(body.byteLength) } : {}),
        },
        body: body ? (this.#sending(body, clock, { answerSeconds, sent }) as unknown as Readable) : null,
        signal: ends,
        bodyTimeout: pieceSeconds * 1000,
      });
      // A request still queued for a connection would not notice the abort.
      const answer = await unlessAborted(asking, ends);
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

  /**
   * The body, while the clock checks that the edge takes it. The limit for the answer starts when everything has been
   * sent.
   */
  async *#sending(
    body: NonNullable<EdgeRequest["body"]>,
    clock: StepClock,
    { answerSeconds, sent }: { answerSeconds: number; sent: EdgeRequest["sent"] },
  ): AsyncGenerator<Uint8Array> {
    clock.pause();
    for await (const piece of body instanceof Uint8Array ? piecesOf(body) : body) {
      clock.begin("to send a piece", this.#stepSeconds);
      yield piece;
      clock.pause();
      sent?.(piece.byteLength);
    }
    clock.begin("an answer", answerSeconds);
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/**
 * Path and query as every URL parser writes them: the edge checks the signature against what its own parser made of
 * them.
 */
function asSent(path: string, query: string): { path: string; query: string } {
  const { pathname, search } = new URL(`http://edge${path}${query && `?${query}`}`);
  return { path: pathname, query: search.slice(1) };
}

const JSON_TYPE = { "content-type": "application/json" };
const BYTES_TYPE = { "content-type": "application/octet-stream" };

/** Repeats a request that may be sent twice, if its connection broke. */
async function repeated(
  mayRepeat: boolean,
  signal: AbortSignal | undefined,
  ask: () => Promise<EdgeAnswer>,
): Promise<EdgeAnswer> {
  try {
    return await ask();
  } catch (error) {
    if (!mayRepeat || signal?.aborted || !wasCutOff(error)) throw error;
    return ask();
  }
}

/** Whether a kept connection had been closed by the edge meanwhile. */
function wasCutOff(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}
