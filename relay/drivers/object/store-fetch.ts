import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { StepClock } from "../../front/step-clock.ts";
import { streamOf } from "./body-stream.ts";
import { ObjectReads } from "./object-reads.ts";

const CONNECT_SECONDS = 10;
const KEEP_ALIVE_SECONDS = 4;
/** What is given at a time, so that it is seen to move. */
const PIECE_BYTES = 256 * 1024;
/** The system keeps megabytes of a body that a slow line still has to carry when the relay is rid of it. */
const SYSTEM_SECONDS = 16;

export interface StoreTimes {
  /** For an answer once all has been sent. */
  readonly answerSeconds: number;
  /** For a piece of a body to be taken. */
  readonly idleSeconds: number;
}

interface Origin {
  readonly pool: Pool;
  readonly reads: ObjectReads;
}

/**
 * What stores ask their servers with: of what `fetch` does so much as they need. Bodies are sent from where they are, in
 * shared memory too, and what is read is read into the reader's.
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
    pool: Pool,
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
    // Who has been answered may not want to hear the end of it.
    answered.on("error", () => {});
    if (isEmpty) answered.resume();
    return new Response(isEmpty ? null : streamOfReadable(answered), { status, headers: heard });
  }

  /** The body, while the clock watches that the server takes it. */
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
    const pool = new Pool(origin, {
      connect: { timeout: CONNECT_SECONDS * 1000 },
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
      keepAliveMaxTimeout: KEEP_ALIVE_SECONDS * 1000,
      // Whoever asks bounds that by itself.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const made = { pool, reads: new ObjectReads(new URL(origin)) };
    this.#origins.set(origin, made);
    return made;
  }
}

/** Node's own fails where it is cancelled while a chunk comes. */
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
