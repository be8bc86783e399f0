import { ServiceError } from "../../../src/domain/errors.ts";
import type { HashAlgo, PartTaken, PutOptions, Stored } from "../../../src/stores/contract.ts";
import { pump } from "../../../src/stores/pump.ts";
import { type PartedWriting, putOnce } from "../../../src/stores/put-blob.ts";
import type { PartsTarget } from "../../../src/stores/sinks.ts";
import type { Digest, HashThreads } from "../../hashing/hash-threads.ts";
import type { PartBuffers } from "../../part-buffers.ts";

/** Beside the part that is filling. Parallel parts are faster than one after the other, but each costs memory. */
const PARTS_UNDER_WAY = 5;

export interface Memory {
  readonly threads: HashThreads;
  readonly buffers: PartBuffers;
}

/**
 * `put` for a store that takes parts. Several parts are hashed and sent at once, each from memory, so that it can be
 * sent again.
 */
export function writeInParts(
  body: ReadableStream<Uint8Array>,
  opts: PutOptions,
  writing: PartedWriting,
  memory: Memory,
): Promise<Stored> {
  return putOnce(writing, opts, async ({ signal, stop, lastCheck }) => {
    const hashAlgo = opts.hashAlgo ?? "sha512";
    const parts = new PartWriter({ ...memory, writing, hashAlgo, signal, stop, opts });
    try {
      const size = await pump(body, { ...opts, signal }, (chunk) => parts.write(chunk));
      return { size, hashAlgo, ...(await parts.finish(lastCheck)) };
    } catch (error) {
      await parts.abort(error);
      throw error;
    } finally {
      parts.close();
    }
  });
}

interface PartWriterOptions extends Memory {
  readonly writing: PartedWriting;
  readonly hashAlgo: HashAlgo;
  readonly opts: PutOptions;
  readonly signal: AbortSignal;
  readonly stop: (reason: unknown) => void;
}

class PartWriter {
  readonly #options: PartWriterOptions;
  readonly #digests: readonly Digest[];
  readonly #bufferBytes: number;
  readonly #requests = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #taken: PartTaken[] = [];
  #buffer: SharedArrayBuffer | undefined;
  #filled = 0;
  #number = 0;
  #target: PartsTarget | undefined;
  /** The unfinished part of the last `write`. */
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PartWriterOptions) {
    const { hashAlgo, opts, threads, writing } = options;
    this.#options = options;
    this.#digests = threads.open(["md5", hashAlgo]);
    const part = writing.partBytes(opts.size);
    this.#bufferBytes = Math.max(1, Math.min(part, opts.size ?? part));
  }

  /** Copies the chunk. The caller must await what it returns; undefined if there is nothing to wait for. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    const taken = this.#fill(chunk);
    if (taken === chunk.byteLength) return undefined;
    this.#writing = this.#writeRest(chunk.subarray(taken));
    return this.#writing;
  }

  async finish(lastCheck: () => Promise<void>): Promise<{ checksum: string; hashValue: string }> {
    const { signal, writing } = this.#options;
    if (this.#number > 0) {
      await this.#send();
      await Promise.all(this.#underWay);
      this.#throwFailure();
      const digests = await this.#digested();
      await lastCheck();
      await this.#target?.complete(this.#taken);
      return digests;
    }
    const last = this.#buffer ?? new SharedArrayBuffer(0);
    await Promise.all(this.#digests.map((digest) => digest.update(last, this.#filled)));
    const digests = await this.#digested();
    await lastCheck();
    await writing.whole(new Uint8Array(last, 0, this.#filled), digests.checksum, signal);
    return digests;
  }

  /** Nothing is sent any more once this resolves. */
  async abort(reason: unknown): Promise<void> {
    this.#requests.abort(reason);
    // The pump no longer waits for a pending write, which goes on to a target or to a buffer.
    await this.#writing?.catch(() => {});
    await Promise.all(this.#underWay);
    // Best effort: deleting the key later removes what is left.
    await this.#target?.abort().catch(() => {});
  }

  close(): void {
    for (const digest of this.#digests) digest.close();
    if (this.#buffer) this.#options.buffers.giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  async #writeRest(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += this.#fill(chunk.subarray(at))) {
      // A full part waits for the next byte, so that a body of exactly one part is put as a single object.
      if (this.#filled === this.#bufferBytes) await this.#send();
      this.#buffer ??= await this.#takeBuffer();
    }
  }

  /** Takes as much as there is room for without waiting. */
  #fill(chunk: Uint8Array): number {
    if (!this.#buffer) return 0;
    // `set` copies byte by byte into shared memory; Node's `copy` treats it as any other memory.
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const copied = bytes.copy(Buffer.from(this.#buffer, 0, this.#bufferBytes), this.#filled);
    this.#filled += copied;
    return copied;
  }

  async #digested() {
    const [checksum = "", hashValue = ""] = await Promise.all(this.#digests.map((digest) => digest.finish()));
    return { checksum, hashValue };
  }

  /**
   * Waits for a part that is being sent to return its buffer. Takes an additional buffer only if no other upload has to
   * wait because of it.
   */
  async #takeBuffer(): Promise<SharedArrayBuffer> {
    const { buffers, opts, signal } = this.#options;
    for (;;) {
      this.#throwFailure();
      signal.throwIfAborted();
      const isFirst = this.#underWay.size === 0;
      const isOneMore = !isFirst && this.#underWay.size < PARTS_UNDER_WAY;
      const spare = isOneMore ? buffers.spare(this.#bufferBytes) : undefined;
      if (spare) return spare;
      using _waiting = opts.waiting?.();
      if (isFirst) return await buffers.take(this.#bufferBytes, signal);
      await Promise.race(this.#underWay);
    }
  }

  async #send(): Promise<void> {
    const { signal, stop, writing } = this.#options;
    if (++this.#number > writing.maxParts)
      throw new ServiceError(
        "tooLarge",
        `Image data of unknown length can be at most ${this.#bufferBytes * writing.maxParts} bytes here. Send its length, in Content-Length or X-OpenStack-Image-Size.`,
      );
    this.#target ??= await writing.begin();
    // The upload may have been given up meanwhile; `abort` ends what has just begun.
    signal.throwIfAborted();
    const buffer = this.#buffer as SharedArrayBuffer;
    const sending = this.#process(this.#target, buffer, this.#filled, this.#number)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        stop(error);
      })
      .then(() => {
        this.#options.buffers.giveBack(buffer);
        this.#underWay.delete(sending);
      });
    this.#underWay.add(sending);
    this.#buffer = undefined;
    this.#filled = 0;
  }

  async #process(
    target: PartsTarget,
    buffer: SharedArrayBuffer,
    bytes: number,
    number: number,
  ): Promise<void> {
    const { signal } = this.#requests;
    const md5 = this.#options.writing.checksParts ? this.#md5Of(buffer, bytes) : undefined;
    const put = target.put(number, new Uint8Array(buffer, 0, bytes), bytes, signal, md5);
    const results = await Promise.allSettled([
      ...this.#digests.map((digest) => digest.update(buffer, bytes)),
      md5,
      put,
    ]);
    // Only now is the buffer free, even if something failed.
    for (const result of results) if (result.status === "rejected") throw result.reason;
    this.#taken[number - 1] = await put;
  }

  async #md5Of(buffer: SharedArrayBuffer, bytes: number): Promise<string> {
    const [digest] = this.#options.threads.open(["md5"]);
    try {
      await digest?.update(buffer, bytes);
      return (await digest?.finish()) ?? "";
    } finally {
      digest?.close();
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
