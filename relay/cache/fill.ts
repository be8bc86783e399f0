import { type FileHandle, open, unlink } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { ServiceError } from "../../src/domain/errors.ts";
import type { Range } from "../../src/stores/contract.ts";
import type { Digest, HashThreads } from "../hashing/hash-threads.ts";
import { type Bytes, boundsOf, type Content, type FetchFrom } from "./content.ts";
import { growingStream } from "./growing-stream.ts";
import { onClose } from "./on-close.ts";

const BLOCK_BYTES = 1024 * 1024;
/** Sources that break one after the other, with no byte between them, before a fill is given up. */
const TRIES = 3;
const RETRY_MILLISECONDS = 200;

export type Outcome = "filling" | "whole" | "corrupt" | "given up";

export interface FillOptions {
  readonly content: Content;
  /** Where it writes; the file is not there yet. */
  readonly path: string;
  readonly threads: HashThreads;
  /** Keeps the file, whose bytes are right and safe on the disk. */
  readonly keep: () => Promise<void>;
}

/**
 * One fetch of a content that many wait for: its bytes go into a file, and every waiter reads from that as it grows. The
 * last byte is given out when the whole was found to hash to what it should.
 */
export class Fill {
  readonly content: Content;
  readonly #options: FillOptions;
  /** Those who wait, each with its own way to the source. */
  readonly #waiters = new Set<FetchFrom>();
  readonly #stop = new AbortController();
  #lastFetch: FetchFrom;
  #changed = Promise.withResolvers<void>();
  #filled = 0;
  #outcome: Outcome = "filling";

  constructor(options: FillOptions, fetch: FetchFrom) {
    this.content = options.content;
    this.#options = options;
    this.#lastFetch = fetch;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  /** Bytes from the start that may be given out. */
  get readable(): number {
    return this.#outcome === "whole" ? this.content.size : Math.min(this.#filled, this.content.size - 1);
  }

  /** Resolves at the next byte, and at the end. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  covers(range: Range): boolean {
    return boundsOf(range, this.content.size).end <= this.readable;
  }

  /** The bytes as they come. When the fill is given up the reader goes on by `fetch`, from where it is. */
  async read(range: Range | undefined, fetch: FetchFrom): Promise<Bytes> {
    const file = await open(this.#options.path, "r");
    this.#waiters.add(fetch);
    this.#lastFetch = fetch;
    onClose(file, () => this.#left(fetch));
    return growingStream(this, file, boundsOf(range, this.content.size), fetch);
  }

  stop(): void {
    this.#stop.abort(new ServiceError("unavailable", "Nobody waits for the image data any more."));
  }

  /** Never rejects: what became of it is the outcome. `opened` is called when the file is there to be read. */
  async run(opened: () => void): Promise<void> {
    const { content, path, threads, keep } = this.#options;
    const [digest] = threads.open([content.algo]);
    try {
      const file = await open(path, "wx", 0o600);
      opened();
      try {
        while (this.#filled < content.size) await this.#fetchSome(file, digest as Digest);
        await file.sync();
      } finally {
        await file.close();
      }
      if ((await digest?.finish()) !== content.hash) return this.#end("corrupt");
      await keep();
      this.#end("whole");
    } catch {
      this.#end("given up");
    } finally {
      opened();
      digest?.close();
      if (this.#outcome !== "whole") await unlink(path).catch(() => {});
    }
  }

  #left(fetch: FetchFrom): void {
    this.#waiters.delete(fetch);
    // What is mostly there is fetched to its end for those who come next.
    if (this.#waiters.size === 0 && this.#filled * 2 < this.content.size) this.stop();
  }

  /** From where it is, for as long as the source gives; again from there when it breaks. */
  async #fetchSome(file: FileHandle, digest: Digest): Promise<void> {
    const before = this.#filled;
    for (let tries = 1; this.#filled === before; tries++) {
      this.#stop.signal.throwIfAborted();
      const fetch = this.#waiters.has(this.#lastFetch)
        ? this.#lastFetch
        : ([...this.#waiters][0] ?? this.#lastFetch);
      try {
        await this.#write(file, digest, await fetch(this.#filled, this.#stop.signal));
      } catch (error) {
        if (!(error instanceof SourceError) || tries === TRIES) throw error;
        if (this.#filled === before) await wait(RETRY_MILLISECONDS);
      }
    }
  }

  async #write(file: FileHandle, digest: Digest, source: Bytes): Promise<void> {
    const block = new SharedArrayBuffer(BLOCK_BYTES);
    const reader = source.getReader();
    let held = 0;
    const put = async () => {
      if (this.#filled + held > this.content.size)
        throw new Error("the source has more bytes than the image");
      await Promise.all([
        digest.update(block, held),
        file.write(new Uint8Array(block, 0, held), 0, held, this.#filled),
      ]);
      this.#filled += held;
      held = 0;
      this.#tell();
    };
    try {
      for (;;) {
        const { done, value } = await reader.read().catch((cause) => {
          throw new SourceError("the source broke", { cause });
        });
        if (done) break;
        for (let at = 0; at < value.byteLength; ) {
          const piece = value.subarray(at, at + BLOCK_BYTES - held);
          new Uint8Array(block).set(piece, held);
          held += piece.byteLength;
          at += piece.byteLength;
          if (held === BLOCK_BYTES) await put();
        }
      }
    } finally {
      reader.cancel().catch(() => {});
      if (held > 0) await put();
    }
    if (this.#filled < this.content.size) throw new SourceError("the source ended early");
  }

  #end(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

/** Another try may get further. */
class SourceError extends Error {
  override readonly name = "SourceError";
}
