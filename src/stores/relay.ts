import { z } from "zod";
import { END_FRAME, frameHeader } from "../../protocol/frames.ts";
import { BLOB_SIZE, FRAMES, REQUEST_ID } from "../../protocol/headers.ts";
import { type Door, LOCATION_QUERY, PUT_QUERY, pathOf } from "../../protocol/paths.ts";
import { refusalFrom } from "../../protocol/refusal.ts";
import { type SigningKey, sign, UNSIGNED_PAYLOAD } from "../../protocol/signing.ts";
import { ERROR_KINDS, type ErrorKind, type FailureCause, ServiceError } from "../domain/errors.ts";
import { discard } from "../outbound/answers.ts";
import { withTimeout } from "../outbound/timeout.ts";
import { unlessAborted } from "../outbound/unless-aborted.ts";
import {
  type BlobInfo,
  type BlobKey,
  checkKey,
  type DigestProgress,
  HASH_ALGOS,
  type ImageStore,
  keyOf,
  type Location,
  type LocationNames,
  type OpenBlob,
  type PutOptions,
  type Range,
  type Stored,
} from "./contract.ts";
import { cancelling, pump } from "./pump.ts";
import { beginPut, endPuts } from "./running-puts.ts";

export interface RelayStoreOptions {
  /** The store's id, here and at the relay. */
  readonly id: string;
  readonly url: string;
  readonly key: SigningKey;
  /** The prefixes of the store's locations; new locations get the first. */
  readonly prefixes: readonly [Location, ...Location[]];
  /** Needed if a location is more than a prefix and a key. */
  readonly names?: LocationNames;
  /** Whether other data may depend on the store's blobs. */
  readonly hasDependents?: boolean;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** The id under which the relay logs this store's requests. */
  readonly requestId?: string;
  /** How long the relay may take to answer anything but an upload. */
  readonly answerSeconds?: number;
}

const stored = z.object({
  location: z.string(),
  size: z.int().min(0),
  checksum: z.string().regex(/^[0-9a-f]{32}$/),
  hashAlgo: z.enum(HASH_ALGOS),
  hashValue: z.string().regex(/^[0-9a-f]{64,128}$/),
});
const blobSize = z.string().regex(/^\d+$/).transform(Number);
const dependents = z.object({ names: z.array(z.string()) });
const info = z.object({ size: z.int().min(0) });
const hex = z.string().regex(/^[0-9a-f]{32,128}$/);
const digest = z.union([
  z.object({ hashed: z.int().min(0) }),
  z.object({ size: z.int().min(0), checksum: hex, value: hex }),
]);
const listLine = z.union([z.object({ key: z.string() }), z.object({ end: z.literal(true) })]);

/** A store that a relay keeps. The relay hashes and counts what it writes, so the bytes only pass through here. */
export class RelayStore implements ImageStore {
  readonly can = { range: true };
  readonly dependents?: (location: Location) => Promise<readonly string[]>;
  readonly #options: RelayStoreOptions;

  constructor(options: RelayStoreOptions) {
    this.#options = options;
    if (options.hasDependents) this.dependents = (location) => this.#dependents(location);
  }

  locationOf(key: BlobKey): Location {
    checkKey(key);
    const { names, prefixes } = this.#options;
    return names ? names.locationOf(key) : prefixes[0] + key;
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, () => this.#put(key, body, opts));
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    const { door, query } = this.#blobAt(location);
    if (range) query.set("start", String(range.start));
    if (range?.end !== undefined) query.set("end", String(range.end));
    const response = await this.#ask("GET", door, query, signal);
    const body = response.body ?? new Response("").body ?? new ReadableStream();
    return { size: blobSize.parse(response.headers.get(BLOB_SIZE)), body };
  }

  async stat(location: Location): Promise<BlobInfo> {
    const { door, query } = this.#blobAt(location, "info");
    return info.parse(await (await this.#ask("GET", door, query)).json());
  }

  async digest(location: Location, algo: string): Promise<DigestProgress> {
    const { door, query } = this.#blobAt(location, "digest");
    query.set("hash", algo);
    return digest.parse(await (await this.#ask("GET", door, query)).json());
  }

  async delete(location: Location): Promise<void> {
    const { door, query } = this.#blobAt(location);
    void endPuts(this.locationOf(door.key));
    const response = await this.#ask("DELETE", door, query);
    await discard(response);
  }

  async #dependents(location: Location): Promise<readonly string[]> {
    const { door, query } = this.#blobAt(location, "dependents");
    return dependents.parse(await (await this.#ask("GET", door, query)).json()).names;
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    const query = new URLSearchParams({ prefix });
    const response = await this.#ask("GET", { what: "list", store: this.#options.id }, query);
    for await (const line of linesOf(response)) {
      const entry = listLine.parse(JSON.parse(line));
      if ("end" in entry) return;
      yield entry.key;
    }
    throw this.#outage(new Error("the relay's listing was cut off"));
  }

  async #put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions): Promise<Stored> {
    const location = this.locationOf(key);
    const query = new URLSearchParams({ [PUT_QUERY.location]: location });
    if (opts.hashAlgo !== undefined) query.set(PUT_QUERY.hashAlgo, opts.hashAlgo);
    if (opts.size !== undefined) query.set(PUT_QUERY.size, String(opts.size));
    if (opts.maxBytes !== undefined) query.set(PUT_QUERY.maxBytes, String(opts.maxBytes));
    const put = beginPut(location, opts.signal);
    try {
      const answer = await this.#upload(
        this.#blob(key),
        query,
        body,
        { ...opts, signal: put.signal },
        put.stop,
      );
      const result = stored.parse(await answer.json());
      if (result.location !== location) throw new Error("the relay stored the bytes elsewhere");
      return result;
    } finally {
      put.finished();
    }
  }

  /**
   * Pumps the body into the request. An answer before the end of the body is a refusal: it stops the pump, which then
   * rejects with it. Whatever stops the pump stops the request.
   */
  async #upload(
    door: Door,
    query: URLSearchParams,
    body: ReadableStream<Uint8Array>,
    opts: PutOptions & { signal: AbortSignal },
    stop: (reason: unknown) => void,
  ): Promise<Response> {
    const pipe = new Pipe();
    const writer = pipe.writable.getWriter();
    const request = new AbortController();
    const signed = await this.#sign("PUT", door, query, UNSIGNED_PAYLOAD);
    const answer = this.#fetch(signed.url, {
      method: "PUT",
      headers: { ...signed.headers, "content-type": FRAMES },
      body: pipe.readable,
      signal: request.signal,
      ...HALF_DUPLEX,
    }).then((response) => this.#accepted(response));
    let sent = false;
    answer.then(
      () => sent || stop(this.#outage(new Error("the relay answered before the body's end"))),
      (error) => stop(error),
    );
    // If the request takes no more, its answer says why.
    const send = (bytes: Uint8Array) => writer.write(bytes).catch((cause) => this.#whyNot(answer, cause));
    try {
      await pump(body, opts, async (chunk) => {
        await send(frameHeader(chunk.byteLength));
        await send(chunk);
      });
      sent = true;
      await unlessAborted(
        send(END_FRAME).then(() => writer.close()),
        opts.signal,
      );
      return await unlessAborted(answer, opts.signal);
    } catch (error) {
      request.abort(error);
      writer.abort(error).catch(() => {});
      throw error;
    }
  }

  #keyOf(location: Location): BlobKey {
    const { names, prefixes } = this.#options;
    return names ? names.keyOf(location) : keyOf(location, ...prefixes);
  }

  /** The door of a blob; includes the location if it is not the one that this store would give the key. */
  #blobAt<W extends "blob" | "info" | "digest" | "dependents" = "blob">(
    location: Location,
    what = "blob" as W,
  ) {
    const key = this.#keyOf(location);
    const query = new URLSearchParams();
    if (location !== this.locationOf(key)) query.set(LOCATION_QUERY, location);
    return { door: { what, store: this.#options.id, key }, query };
  }

  #blob(key: BlobKey) {
    return { what: "blob", store: this.#options.id, key } as const;
  }

  async #whyNot(answer: Promise<Response>, cause: unknown): Promise<never> {
    await answer;
    throw this.#outage(cause);
  }

  /** A request without a body, which may be repeated: the first may have met a pooled connection that was closed. */
  async #ask(
    method: string,
    door: Door,
    query = new URLSearchParams(),
    signal?: AbortSignal,
  ): Promise<Response> {
    try {
      return await this.#askOnce(method, door, query, signal);
    } catch (error) {
      if (!(error instanceof ServiceError) || !error.retryable) throw error;
      return this.#askOnce(method, door, query, signal);
    }
  }

  async #askOnce(
    method: string,
    door: Door,
    query: URLSearchParams,
    signal?: AbortSignal,
  ): Promise<Response> {
    signal?.throwIfAborted();
    const signed = await this.#sign(method, door, query, new Uint8Array());
    const { answerSeconds = ANSWER_SECONDS } = this.#options;
    const send = async (until: AbortSignal) =>
      this.#accepted(await this.#fetch(signed.url, { method, headers: signed.headers, signal: until }));
    try {
      // The limit covers only the head of the answer: a download may take hours.
      return await withTimeout(answerSeconds, send, signal);
    } catch (error) {
      throw signal?.aborted || error instanceof ServiceError ? error : this.#outage(error);
    }
  }

  async #sign(
    method: string,
    door: Door,
    query: URLSearchParams,
    body: Uint8Array<ArrayBuffer> | typeof UNSIGNED_PAYLOAD,
  ) {
    const { url, key, requestId } = this.#options;
    const path = pathOf(door);
    const text = query.toString();
    const headers = await sign(key, { method, path, query: text }, body, Date.now());
    if (requestId !== undefined) headers[REQUEST_ID] = requestId;
    return { url: url.replace(/\/+$/, "") + path + (text && `?${text}`), headers };
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await (this.#options.fetch ?? fetch)(url, init);
    } catch (error) {
      throw this.#outage(error);
    }
  }

  /** The answer, if it is a success; otherwise throws its refusal. */
  async #accepted(response: Response): Promise<Response> {
    if (response.ok) return response;
    const refusal = refusalFrom(await response.text().catch(() => ""));
    if (refusal && isErrorKind(refusal.kind) && refusal.kind !== "unauthorized")
      throw new ServiceError(refusal.kind, refusal.message);
    throw this.#outage(
      new Error(`the relay answered ${response.status}: ${refusal?.message ?? "no reason given"}`),
      refusal?.kind === "unauthorized" ? "credentials" : "unreachable",
    );
  }

  /** Any trouble between edge and relay, wrong keys and clocks included, is an outage to the caller. */
  #outage(cause: unknown, failureCause: FailureCause = "unreachable"): ServiceError {
    const said = `The store ${this.#options.id} cannot be reached.`;
    return new ServiceError("unavailable", said, { cause, failureCause });
  }
}

const ANSWER_SECONDS = 30;

/** Node's fetch requires it if the body is a stream; workerd's has no such field. */
const HALF_DUPLEX = { duplex: "half" } as RequestInit;

const isErrorKind = (kind: string): kind is ErrorKind => (ERROR_KINDS as readonly string[]).includes(kind);

/**
 * workerd's own pipe reports when a chunk has been consumed, so that its buffer can be reused; Node has no such pipe.
 */
const { IdentityTransformStream: Pipe = TransformStream } = globalThis as {
  IdentityTransformStream?: new () => TransformStream<Uint8Array, Uint8Array>;
};

async function* linesOf(response: Response): AsyncIterable<string> {
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      text += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      yield* lines;
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
