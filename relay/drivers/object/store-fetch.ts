import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { HttpPool } from "../../http-pool.ts";
import { StepClock } from "../../step-clock.ts";
import { streamOf } from "./body-stream.ts";
import { ObjectReads } from "./object-reads.ts";

const CONNECT_SECONDS = 10;
const KEEP_ALIVE_SECONDS = 4;
/** The body is sent in pieces of this size, so that its progress can be observed. */
const PIECE_BYTES = 256 * 1024;
/**
 * Added for the megabytes of a body that the system still has to send over a slow line after the relay has handed them
 * over.
 */
const SYSTEM_SECONDS = 16;

export interface StoreTimes {
  /** Time limit for an answer after everything has been sent. */
  readonly answerSeconds: number;
  /** Time limit for the server to take a piece of a body. */
  readonly idleSeconds: number;
}

interface Origin {
  readonly pool: HttpPool;
  readonly reads: ObjectReads;
}

/**
 * The part of `fetch` that stores need to reach their servers. Bodies are sent from where they are, shared memory
 * included, and answers are read into the reader's own buffers.
 */
export class StoreFetch {
  readonly #times: StoreTimes;
  readonly #origins = new Map<string, Origin>();

  constructor(times: StoreTimes) {
    this.#times = times;
  }

  fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const target = new URL(url);
    const { pool, reads } = this.#originOf(target);
    const { body, method = "GET", signal } = init;
    const headers = new Headers(init.headers);
    const until = signal ?? new AbortController().signal;
    until.throwIfAborted();
    if (method === "GET" && body == null) {
      const answer = await reads.get(target, headers, until);
      if (answer)
        return new Response(hasNoBody(answer.status) ? null : streamOf(answer.body), {
          status: answer.status,
          headers: answer.headers,
        });
    }
    return this.#ask(pool, { method, target, headers, signal: until, ...(body == null ? {} : { body }) });
  };

  async close(): Promise<void> {
    for (const { pool, reads } of this.#origins.values()) {
      reads.close();
      await pool.destroy();
    }
  }

  async #ask(
    pool: HttpPool,
    {
      method,
      target,
      headers,
      signal,
      body,
    }: { method: string; target: URL; headers: Headers; signal: AbortSignal; body?: RequestInit["body"] },
  ): Promise<Response> {
    using clock = new StepClock();
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    if (bytes !== undefined && !(bytes instanceof Uint8Array))
      throw new TypeError("a body is to be bytes or a text");
    if (bytes) headers.set("content-length", String(bytes.byteLength));
    const isLarge = bytes !== undefined && bytes.byteLength > PIECE_BYTES;
    const answer = await pool.request({
      method: method as Dispatcher.HttpMethod,
      path: target.pathname + target.search,
      headers: Object.fromEntries(headers),
      body: isLarge ? (this.#sending(bytes, clock) as unknown as Readable) : (bytes ?? null),
      signal: AbortSignal.any([signal, clock.signal]),
    });
    const { body: answered, headers: said, statusCode: status } = answer;
    const heard = new Headers();
    for (const [name, value] of Object.entries(said))
      for (const one of [value ?? []].flat()) heard.append(name, one);
    const isEmpty = method === "HEAD" || hasNoBody(status) || said["content-length"] === "0";
    // Once the answer is in, later errors of the connection do not matter.
    answered.on("error", () => {});
    if (isEmpty) answered.resume();
    return new Response(isEmpty ? null : streamOfReadable(answered), { status, headers: heard });
  }

  /** The body, while the clock checks that the server takes it. */
  async *#sending(bytes: Uint8Array, clock: StepClock): AsyncGenerator<Uint8Array> {
    const { answerSeconds, idleSeconds } = this.#times;
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      clock.begin("to send a piece", idleSeconds);
      yield bytes.subarray(at, at + PIECE_BYTES);
    }
    clock.begin("an answer", answerSeconds + SYSTEM_SECONDS);
  }

  #originOf({ origin }: URL): Origin {
    const known = this.#origins.get(origin);
    if (known) return known;
    const pool = new HttpPool(origin, {
      connect: { timeout: CONNECT_SECONDS * 1000 },
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      keepAliveMaxTimeout: KEEP_ALIVE_SECONDS * 1000,
      // The caller sets its own limit for this.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const made = { pool, reads: new ObjectReads(new URL(origin)) };
    this.#origins.set(origin, made);
    return made;
  }
}

/** Node's own conversion fails if it is cancelled while a chunk arrives. */
function streamOfReadable(body: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: true });
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  );
}

const hasNoBody = (status: number): boolean => status === 204 || status === 205 || status === 304;
