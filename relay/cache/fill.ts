import { type FileHandle, open, unlink } from "node:fs/promises";
import { ServiceError } from "../../src/domain/errors.ts";
import type { Range } from "../../src/stores/contract.ts";
import type { Digest, HashThreads } from "../hashing/hash-threads.ts";
import { type Bytes, type FetchFrom, type Steadiness, steadily } from "../steadily.ts";
import { writeAll } from "../write-all.ts";
import { boundsOf, type Content } from "./content.ts";
import { growingStream } from "./growing-stream.ts";
import { onClose } from "./on-close.ts";

const BLOCK_BYTES = 1024 * 1024;
/** A fill that received nothing for this long is not joined by further readers. */
const SILENT_SECONDS = 5;

export type Outcome = "filling" | "whole" | "corrupt" | "given up";

export interface FillOptions extends Steadiness {
  readonly content: Content;
  /** The file to write, which does not exist yet. */
  readonly path: string;
  readonly threads: HashThreads;
  /** Keeps the file, once its bytes are correct and safe on the disk. */
  readonly keep: () => Promise<void>;
}

/**
 * One fetch of a content that many readers wait for. Its bytes go into a file, and every reader follows that file as it
 * grows. The last byte is given out only after the whole has been found to match its hash.
 */
export class Fill {
  readonly content: Content;
  readonly #options: FillOptions;
  /** The waiting readers, each with its own way to fetch. */
  readonly #waiters = new Set<FetchFrom>();
  readonly #stop = new AbortController();
  #lastFetch: FetchFrom;
  #changed = Promise.withResolvers<void>();
  #filled = 0;
  #movedAt = performance.now();
  #outcome: Outcome = "filling";

  constructor(options: FillOptions, fetch: FetchFrom) {
    this.content = options.content;
    this.#options = options;
    this.#lastFetch = fetch;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  /** How many bytes, from the start, may be given out. */
  get readable(): number {
    return this.#outcome === "whole" ? this.content.size : Math.min(this.#filled, this.content.size - 1);
  }

  /** Whether bytes arrive. A reader with a source of its own does not wait for a source that hangs or is away. */
  get moves(): boolean {
    return performance.now() - this.#movedAt < SILENT_SECONDS * 1000;
  }

  /** Resolves at the next byte, and at the end. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  covers(range: Range): boolean {
    return boundsOf(range, this.content.size).end <= this.readable;
  }

  /** The bytes as they arrive. If the fill is given up, the reader continues with `fetch` from where it is. */
  async read(range: Range | undefined, fetch: FetchFrom): Promise<Bytes> {
    const file = await open(this.#options.path, "r");
    this.#waiters.add(fetch);
    this.#lastFetch = fetch;
    onClose(file, () => this.#left(fetch));
    return growingStream(this, file, { ...boundsOf(range, this.content.size), ...this.#steadiness }, fetch);
  }

  stop(): void {
    this.#stop.abort(new ServiceError("unavailable", "Nobody waits for the image data any more."));
  }

  /**
   * Never rejects: the result is in the outcome. Calls `opened` when the file can be read and the source has begun to
   * answer, or when the fill has failed.
   */
  async run(opened: () => void): Promise<void> {
    const { content, path, threads, keep } = this.#options;
    const [digest] = threads.open([content.algo]);
    try {
      const file = await open(path, "wx", 0o600);
      try {
        const first = await this.#fetch(0, this.#stop.signal);
        this.#movedAt = performance.now();
        opened();
        await this.#write(file, digest as Digest, first);
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

  get #steadiness(): Steadiness {
    const { stallSeconds, patienceSeconds } = this.#options;
    return { stallSeconds, patienceSeconds };
  }

  /** Fetches in the name of the reader that came last and still waits: its token is the newest. */
  readonly #fetch: FetchFrom = (start, signal) => {
    const waits = this.#waiters.has(this.#lastFetch);
    const fetch = waits ? this.#lastFetch : ([...this.#waiters].at(-1) ?? this.#lastFetch);
    return fetch(start, signal);
  };

  #left(fetch: FetchFrom): void {
    this.#waiters.delete(fetch);
    // If most of it is there, the rest is fetched for later readers.
    if (this.#waiters.size === 0 && this.#filled * 2 < this.content.size) this.stop();
  }

  async #write(file: FileHandle, digest: Digest, first: Bytes): Promise<void> {
    const block = new SharedArrayBuffer(BLOCK_BYTES);
    let held = 0;
    const put = async () => {
      await Promise.all([
        digest.update(block, held),
        writeAll(file, new Uint8Array(block, 0, held), this.#filled),
      ]);
      this.#filled += held;
      held = 0;
      this.#tell();
    };
    const { signal } = this.#stop;
    const wanted = { start: 0, end: this.content.size, signal, ...this.#steadiness };
    for await (const piece of steadily(first, this.#fetch, wanted)) {
      this.#movedAt = performance.now();
      for (let at = 0; at < piece.byteLength; ) {
        const part = piece.subarray(at, at + BLOCK_BYTES - held);
        new Uint8Array(block).set(part, held);
        held += part.byteLength;
        at += part.byteLength;
        if (held === BLOCK_BYTES) await put();
      }
    }
    if (held > 0) await put();
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
