import { ServiceError } from "../domain/errors.ts";
import { BUFFER_BYTES } from "../limits.ts";
import type { PartTaken } from "./contract.ts";
import type { StorePlatform } from "./platform.ts";

const MiB = 1024 * 1024;

/** A request's body: complete in memory, so that it can be sent again, or a stream, which cannot. */
export type Sent = Uint8Array | ReadableStream<Uint8Array>;

/** One key of an object store, for one attempt to write it. */
export interface SinkTarget {
  /** Creates the object. Rejects `conflict` if the key is taken. If aborted, it rejects and nothing is stored. */
  put(body: Sent, bytes: number, signal: AbortSignal): Promise<void>;
  /** Starts an object of several parts. */
  begin(): Promise<PartsTarget>;
}

export interface PartsTarget {
  /** `md5` must be given if the store's answer is checked against it. */
  put(
    number: number,
    body: Sent,
    bytes: number,
    signal: AbortSignal,
    md5?: Promise<string>,
  ): Promise<PartTaken>;
  /** Rejects `conflict` if the key is taken. */
  complete(parts: readonly PartTaken[]): Promise<void>;
  /** Best effort: the store itself, or a later delete, removes what is left. */
  abort(): Promise<void>;
}

export interface SinkOptions {
  readonly pipe: StorePlatform["pipe"];
  readonly partBytes: number;
  readonly maxParts: number;
  /** Called if a request fails while the body is still being written: the pump would wait for it to take more. */
  readonly failed: (reason: unknown) => void;
  /** How long the store may take for a piece of a stream, and to answer at its end. Absent: no limit here. */
  readonly idleSeconds?: number;
}

/** Receives the pump's chunks. After `finish` the object exists; after `abort` nothing does. */
export interface Sink {
  write(chunk: Uint8Array): Promise<void>;
  /** `lastCheck` runs when all bytes are sent and the object is not yet visible; `md5` is that of the whole body. */
  finish(lastCheck: () => Promise<void>, md5: string): Promise<void>;
  abort(reason: unknown): Promise<void>;
}

/** A request whose body is written while it runs. Stores accept only streams of known length. */
class StreamedRequest<T> {
  readonly result: Promise<T>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #request = new AbortController();
  readonly #idleSeconds: number | undefined;

  constructor(
    bytes: number,
    { failed, idleSeconds, pipe }: SinkOptions,
    send: (body: ReadableStream<Uint8Array>, signal: AbortSignal) => Promise<T>,
  ) {
    const { readable, writable } = pipe(bytes);
    this.#idleSeconds = idleSeconds;
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.result = send(readable, this.#request.signal);
    this.result.catch(failed);
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#inTime(this.#unlessEnded(this.#writer.write(chunk)));
  }

  async finish(): Promise<T> {
    await this.#inTime(this.#unlessEnded(this.#writer.close()));
    return this.#inTime(this.result);
  }

  /** The store drops a request whose body is incomplete. */
  async abort(reason: unknown): Promise<void> {
    this.#request.abort(reason);
    await this.#writer.abort(reason).catch(() => {});
    await this.result.catch(() => {});
  }

  /** If the request takes no more, its answer says why. */
  async #unlessEnded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      await this.result;
      throw new ServiceError("unavailable", "The store answered before it had all of the data.", { cause });
    }
  }

  /** Aborts a request that is too slow, so that the request itself reports the reason. */
  async #inTime<W>(work: Promise<W>): Promise<W> {
    const seconds = this.#idleSeconds;
    if (seconds === undefined) return work;
    const timer = setTimeout(
      () => this.#request.abort(new Error(`the store took nothing for ${seconds} seconds`)),
      seconds * 1000,
    );
    try {
      return await Promise.race([work, this.result.then(() => work)]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * A body of known length, at least one byte, in one put. A store considers it complete once it has that many bytes, so
 * the last one is held back until the body has ended and the last check has passed.
 */
export class SinglePut implements Sink {
  readonly #request: StreamedRequest<void>;
  #left: number;
  #last: Uint8Array = new Uint8Array();

  constructor(target: SinkTarget, size: number, options: SinkOptions) {
    this.#request = new StreamedRequest(size, options, (body, signal) => target.put(body, size, signal));
    this.#left = size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#left -= chunk.byteLength;
    if (this.#left > 0) return this.#request.write(chunk);
    this.#last = chunk.slice(-1);
    if (chunk.byteLength > 1) await this.#request.write(chunk.subarray(0, -1));
  }

  async finish(lastCheck: () => Promise<void>): Promise<void> {
    await lastCheck();
    await this.#request.write(this.#last);
    await this.#request.finish();
  }

  abort(reason: unknown): Promise<void> {
    return this.#request.abort(reason);
  }
}

/** An object of several parts, started with its first part. All parts have one size. */
class Parts {
  readonly #target: SinkTarget;
  readonly #failed: (reason: unknown) => void;
  readonly #parts: Promise<PartTaken>[] = [];
  #upload: Promise<PartsTarget> | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(target: SinkTarget, { failed }: SinkOptions) {
    this.#target = target;
    this.#failed = failed;
  }

  get count(): number {
    return this.#parts.length;
  }

  async open(): Promise<PartsTarget> {
    this.#upload ??= this.#target.begin();
    const upload = await this.#upload;
    // The pump does not wait for a write when the upload is aborted.
    if (this.#aborted) throw this.#aborted.reason;
    return upload;
  }

  /** Tracks a part that is being sent; `send` gets its number. */
  add(send: (number: number) => Promise<PartTaken>): Promise<PartTaken> {
    const part = send(this.#parts.length + 1);
    part.catch(this.#failed);
    this.#parts.push(part);
    return part;
  }

  async complete(lastCheck: () => Promise<void>): Promise<void> {
    const parts = await Promise.all(this.#parts);
    await lastCheck();
    await (await this.open()).complete(parts);
  }

  async abort(reason: unknown): Promise<void> {
    this.#aborted = { reason };
    await Promise.allSettled(this.#parts);
    const upload = await this.#upload?.catch(() => undefined);
    await upload?.abort().catch(() => {});
  }
}

/** A body of known length in streamed parts, which are large enough to stay within the number allowed. */
export class StreamedParts implements Sink {
  readonly #options: SinkOptions;
  readonly #parts: Parts;
  readonly #partBytes: number;
  #left: number;
  #leftOfPart = 0;
  #request: StreamedRequest<PartTaken> | undefined;

  constructor(target: SinkTarget, size: number, options: SinkOptions) {
    this.#options = options;
    this.#parts = new Parts(target, options);
    this.#partBytes = partBytesFor(size, options);
    this.#left = size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      const request = this.#request ?? (await this.#nextPart());
      const piece = chunk.subarray(at, at + this.#leftOfPart);
      await request.write(piece);
      at += piece.byteLength;
      this.#left -= piece.byteLength;
      this.#leftOfPart -= piece.byteLength;
      if (this.#leftOfPart > 0) continue;
      await request.finish();
      this.#request = undefined;
    }
  }

  finish(lastCheck: () => Promise<void>): Promise<void> {
    return this.#parts.complete(lastCheck);
  }

  async abort(reason: unknown): Promise<void> {
    await this.#request?.abort(reason);
    await this.#parts.abort(reason);
  }

  async #nextPart(): Promise<StreamedRequest<PartTaken>> {
    const upload = await this.#parts.open();
    const bytes = Math.min(this.#partBytes, this.#left);
    this.#leftOfPart = bytes;
    const request = new StreamedRequest(bytes, this.#options, (body, signal) =>
      this.#parts.add((number) => upload.put(number, body, bytes, signal)),
    );
    this.#request = request;
    return request;
  }
}

/**
 * A body whose parts are collected first, so that each can be sent again. If memory allows, the next part fills while
 * one is being sent. A body that fits one part is put directly.
 */
export class BufferedParts implements Sink {
  readonly #target: SinkTarget;
  readonly #parts: Parts;
  readonly #partBytes: number;
  readonly #maxParts: number;
  readonly #requests = new AbortController();
  #buffer: Uint8Array;
  #spare: Uint8Array | undefined;
  #filled = 0;
  #uploading: Promise<unknown> = Promise.resolve();

  constructor(target: SinkTarget, options: SinkOptions) {
    this.#target = target;
    this.#parts = new Parts(target, options);
    this.#partBytes = options.partBytes;
    this.#maxParts = options.maxParts;
    this.#buffer = new Uint8Array(this.#partBytes);
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      // A full part waits for the next byte, so that a body of exactly one part becomes a plain put.
      if (this.#filled === this.#partBytes) await this.#sendPart();
      const piece = chunk.subarray(at, at + this.#partBytes - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
    }
  }

  async finish(lastCheck: () => Promise<void>): Promise<void> {
    if (this.#parts.count === 0) {
      await lastCheck();
      return this.#target.put(this.#buffer.subarray(0, this.#filled), this.#filled, this.#requests.signal);
    }
    await this.#sendPart();
    await this.#parts.complete(lastCheck);
  }

  abort(reason: unknown): Promise<void> {
    this.#requests.abort(reason);
    return this.#parts.abort(reason);
  }

  async #sendPart(): Promise<void> {
    if (this.#parts.count === this.#maxParts)
      throw new ServiceError(
        "tooLarge",
        `Image data of unknown length can be at most ${this.#partBytes * this.#maxParts} bytes here. Send its length, in Content-Length or X-OpenStack-Image-Size.`,
      );
    const upload = await this.#parts.open();
    const bytes = this.#filled;
    const part = this.#buffer.subarray(0, bytes);
    await this.#uploading;
    const sent = this.#parts.add((number) => upload.put(number, part, bytes, this.#requests.signal));
    this.#uploading = sent;
    if (this.#partBytes * 2 > BUFFER_BYTES) await sent;
    else {
      const next = this.#spare ?? new Uint8Array(this.#partBytes);
      this.#spare = this.#buffer;
      this.#buffer = next;
    }
    this.#filled = 0;
  }
}

/** Large enough to keep the number of parts within the limit, in whole MiB. */
export const partBytesFor = (
  size: number,
  { maxParts, partBytes }: { readonly maxParts: number; readonly partBytes: number },
): number => Math.max(partBytes, Math.ceil(size / maxParts / MiB) * MiB);
