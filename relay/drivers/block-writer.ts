import type { HashAlgo } from "../../src/stores/contract.ts";
import type { Digest, HashThreads } from "../hashing/hash-threads.ts";
import { WhenIdle } from "../when-idle.ts";

/** Where the blocks of a body go. */
export interface BlockSink {
  /** Blocks arrive in order, and the next may arrive before the last is written. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Called once all blocks are written, with their total size: makes them durable. */
  finish(size: number): Promise<void>;
}

/** Memory for blocks of one size. Some is kept for a moment for the next upload. */
export class BlockPool {
  readonly blockBytes: number;
  readonly perUpload: number;
  readonly #most: number;
  readonly #spare: SharedArrayBuffer[] = [];
  readonly #unused = new WhenIdle(() => this.#spare.splice(0));

  constructor(opts: { readonly blockBytes: number; readonly perUpload: number; readonly spare: number }) {
    this.blockBytes = opts.blockBytes;
    this.perUpload = opts.perUpload;
    this.#most = opts.spare;
  }

  /** A growable buffer starts at a page boundary, as direct writes to a disk require. It is never grown. */
  take(): SharedArrayBuffer {
    const { blockBytes } = this;
    return this.#spare.pop() ?? new SharedArrayBuffer(blockBytes, { maxByteLength: blockBytes });
  }

  give(blocks: readonly SharedArrayBuffer[]): void {
    this.#spare.push(...blocks.slice(0, Math.max(0, this.#most - this.#spare.length)));
    this.#unused.idle();
  }
}

export interface BlockWriterOptions {
  readonly sink: BlockSink;
  readonly pool: BlockPool;
  readonly threads: HashThreads;
  readonly hashAlgo: HashAlgo;
  readonly afterFirstBlock: () => Promise<void>;
}

/**
 * Collects a body in blocks. Each block is hashed by two threads and written to the sink while the next one fills. When
 * all blocks that an upload may have are in use, `write` waits for one.
 */
export class BlockWriter {
  readonly #options: BlockWriterOptions;
  readonly #digests: readonly Digest[];
  readonly #free: SharedArrayBuffer[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #blocks = 0;
  #block: SharedArrayBuffer | undefined;
  #filled = 0;
  #position = 0;
  /** The unfinished part of the last `write`. */
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: BlockWriterOptions) {
    this.#options = options;
    this.#digests = options.threads.open(["md5", options.hashAlgo]);
  }

  /** The caller must await what it returns; undefined if there is nothing to wait for. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    const taken = this.#fill(chunk);
    if (taken === chunk.byteLength) return undefined;
    this.#writing = this.#writeRest(chunk.subarray(taken));
    return this.#writing;
  }

  /** Resolves when everything is written and durable. */
  async finish(): Promise<{ checksum: string; hashValue: string }> {
    this.#send();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    await this.#options.sink.finish(this.#position);
    const [checksum = "", hashValue = ""] = await Promise.all(this.#digests.map((digest) => digest.finish()));
    return { checksum, hashValue };
  }

  /** Frees its blocks in any case. Nothing is written any more once this resolves. */
  async close(): Promise<void> {
    // The pump no longer waits for a pending write, which must not go on.
    this.#failure ??= { error: new Error("the writer was closed") };
    await this.#writing?.catch(() => {});
    await Promise.all(this.#underWay);
    for (const digest of this.#digests) digest.close();
    if (this.#block) this.#free.push(this.#block);
    this.#block = undefined;
    this.#options.pool.give(this.#free.splice(0));
  }

  async #writeRest(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += this.#fill(chunk.subarray(at)))
      this.#block ??= await this.#takeBlock();
  }

  /** Takes as much as there is room for without waiting. */
  #fill(chunk: Uint8Array): number {
    // `set` copies byte by byte into shared memory; Node's `copy` treats it as any other memory.
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.byteLength && this.#block) {
      const copied = bytes.copy(Buffer.from(this.#block), this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled === this.#options.pool.blockBytes) this.#send();
    }
    return at;
  }

  async #takeBlock(): Promise<SharedArrayBuffer> {
    while (this.#free.length === 0 && this.#blocks === this.#options.pool.perUpload)
      await Promise.race(this.#underWay);
    this.#throwFailure();
    const free = this.#free.pop();
    if (free) return free;
    this.#blocks++;
    return this.#options.pool.take();
  }

  #send(): void {
    const block = this.#block;
    if (!block) return;
    const work = this.#process(block, this.#filled, this.#position)
      .catch((error) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#free.push(block);
        this.#underWay.delete(work);
      });
    this.#underWay.add(work);
    this.#position += this.#filled;
    this.#block = undefined;
    this.#filled = 0;
  }

  async #process(block: SharedArrayBuffer, length: number, position: number): Promise<void> {
    const results = await Promise.allSettled([
      ...this.#digests.map((digest) => digest.update(block, length)),
      this.#options.sink.write(new Uint8Array(block, 0, length), position),
    ]);
    // Only now is the block free, even if something failed.
    for (const result of results) if (result.status === "rejected") throw result.reason;
    if (position === 0 && length === this.#options.pool.blockBytes) await this.#options.afterFirstBlock();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
