import { ServiceError } from "../domain/errors.ts";
import { BUFFER_BYTES } from "../limits.ts";
import type { BlobKey } from "./contract.ts";

const MiB = 1024 * 1024;

/** R2 keeps what is there: no put of ours may replace it. */
export const IF_ABSENT = { onlyIf: { etagDoesNotMatch: "*" } };

export interface Target {
  readonly bucket: R2Bucket;
  readonly key: BlobKey;
  /** Called when a request to R2 fails while the body is still being written. */
  readonly failed: (reason: unknown) => void;
}

/** Where the pump's chunks go. After `finish` the object is there; after `abort` nothing is. */
export interface R2Sink {
  write(chunk: Uint8Array): Promise<void>;
  /** `lastCheck` runs when all bytes are up and the object is not yet visible. */
  finish(lastCheck: () => Promise<void>): Promise<void>;
  abort(reason: unknown): Promise<void>;
}

/** Translates what R2 throws. */
export async function onR2<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ServiceError("unavailable", "The object store does not answer as it should.", { cause });
  }
}

async function putIfAbsent({ bucket, key }: Target, value: ReadableStream | Uint8Array): Promise<void> {
  if (!(await onR2(() => bucket.put(key, value, IF_ABSENT))))
    throw new ServiceError("conflict", `The store already holds image data under ${key}.`);
}

/** A request whose body is written while it runs. R2 takes only streams whose length it knows. */
class StreamedRequest<T> {
  readonly result: Promise<T>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(size: number, target: Target, send: (body: ReadableStream) => Promise<T>) {
    const { readable, writable } = new FixedLengthStream(size);
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.result = send(readable);
    this.result.catch(target.failed);
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk);
  }

  async finish(): Promise<T> {
    await this.#writer.close();
    return this.result;
  }

  /** A request whose body is not whole is one that R2 drops. */
  async abort(reason: unknown): Promise<void> {
    await this.#writer.abort(reason).catch(() => {});
    await this.result.catch(() => {});
  }
}

/**
 * A body of known length, at least a byte, in one put. R2 takes it for whole once it has that many bytes, so the last
 * one is kept back until the body has ended and the last check has passed.
 */
export class SinglePut implements R2Sink {
  readonly #request: StreamedRequest<void>;
  #left: number;
  #last: Uint8Array = new Uint8Array();

  constructor(target: Target, size: number) {
    this.#request = new StreamedRequest(size, target, (body) => putIfAbsent(target, body));
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

/** A multipart upload that is made when its first part is, and takes parts of one size. */
class Multipart {
  readonly #target: Target;
  readonly #parts: Promise<R2UploadedPart>[] = [];
  #upload: R2MultipartUpload | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  get count(): number {
    return this.#parts.length;
  }

  async open(): Promise<R2MultipartUpload> {
    const { bucket, key } = this.#target;
    this.#upload ??= await onR2(() => bucket.createMultipartUpload(key));
    return this.#upload;
  }

  /** Keeps a part under way; `send` is given its number. */
  add(send: (partNumber: number) => Promise<R2UploadedPart>): Promise<R2UploadedPart> {
    const part = send(this.#parts.length + 1);
    part.catch(this.#target.failed);
    this.#parts.push(part);
    return part;
  }

  async complete(lastCheck: () => Promise<void>): Promise<void> {
    const parts = await Promise.all(this.#parts);
    await lastCheck();
    const upload = await this.open();
    await onR2(() => upload.complete(parts));
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.#parts);
    await this.#upload?.abort().catch(() => {}); // R2 itself aborts, days later, what this could not.
  }
}

/** A body of known length, too large for one put: parts are streamed, and large enough that their number suffices. */
export class StreamedParts implements R2Sink {
  readonly #target: Target;
  readonly #multipart: Multipart;
  readonly #partBytes: number;
  #left: number;
  #leftOfPart = 0;
  #request: StreamedRequest<R2UploadedPart> | undefined;

  constructor(target: Target, size: number, limits: { streamedPartBytes: number; maxParts: number }) {
    this.#target = target;
    this.#multipart = new Multipart(target);
    this.#partBytes = Math.max(limits.streamedPartBytes, Math.ceil(size / limits.maxParts / MiB) * MiB);
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
    return this.#multipart.complete(lastCheck);
  }

  async abort(reason: unknown): Promise<void> {
    await this.#request?.abort(reason);
    await this.#multipart.abort();
  }

  async #nextPart(): Promise<StreamedRequest<R2UploadedPart>> {
    const upload = await this.#multipart.open();
    this.#leftOfPart = Math.min(this.#partBytes, this.#left);
    const request = new StreamedRequest(this.#leftOfPart, this.#target, (body) =>
      this.#multipart.add((number) => onR2(() => upload.uploadPart(number, body))),
    );
    this.#request = request;
    return request;
  }
}

/** A body of unknown length: each part is collected first, and the next one while it goes up if memory allows. */
export class BufferedParts implements R2Sink {
  readonly #target: Target;
  readonly #multipart: Multipart;
  readonly #partBytes: number;
  readonly #maxParts: number;
  #buffer: Uint8Array;
  #spare: Uint8Array | undefined;
  #filled = 0;
  #uploading: Promise<unknown> = Promise.resolve();

  constructor(target: Target, { partBytes, maxParts }: { partBytes: number; maxParts: number }) {
    this.#target = target;
    this.#multipart = new Multipart(target);
    this.#partBytes = partBytes;
    this.#maxParts = maxParts;
    this.#buffer = new Uint8Array(partBytes);
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      // A full part waits for the next byte, so that a body of just one part becomes a plain put.
      if (this.#filled === this.#partBytes) await this.#sendPart();
      const piece = chunk.subarray(at, at + this.#partBytes - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
    }
  }

  async finish(lastCheck: () => Promise<void>): Promise<void> {
    if (this.#multipart.count === 0) {
      await lastCheck();
      return putIfAbsent(this.#target, this.#buffer.subarray(0, this.#filled));
    }
    await this.#sendPart();
    await this.#multipart.complete(lastCheck);
  }

  abort(): Promise<void> {
    return this.#multipart.abort();
  }

  async #sendPart(): Promise<void> {
    if (this.#multipart.count === this.#maxParts)
      throw new ServiceError(
        "tooLarge",
        `Image data of unknown length can be at most ${this.#partBytes * this.#maxParts} bytes here. Send its length, in Content-Length or X-OpenStack-Image-Size.`,
      );
    const upload = await this.#multipart.open();
    const part = this.#buffer.subarray(0, this.#filled);
    await this.#uploading;
    const sent = this.#multipart.add((number) => onR2(() => upload.uploadPart(number, part)));
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
