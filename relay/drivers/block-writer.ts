import type { FileHandle } from "node:fs/promises";
import type { HashAlgo } from "../../src/stores/contract.ts";
import type { Digest, HashThreads } from "../hashing/hash-threads.ts";
import { onDisk } from "./disk-error.ts";
import { writeSparse } from "./sparse.ts";

const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_PER_UPLOAD = 4;
/** Kept for the next upload when one ends. */
const SPARE_BLOCKS = 8 * BLOCKS_PER_UPLOAD;

const spare: SharedArrayBuffer[] = [];

/**
 * Collects a body in blocks of 1 MiB; each is hashed by two threads and written to the file while the next one fills.
 * At most four blocks are in memory: when all are in use, `write` waits for one.
 */
export class BlockWriter {
  readonly #file: FileHandle;
  readonly #digests: readonly Digest[];
  readonly #afterFirstBlock: () => Promise<void>;
  readonly #free: SharedArrayBuffer[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #blocks = 0;
  #block: SharedArrayBuffer | undefined;
  #filled = 0;
  #position = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    file: FileHandle,
    threads: HashThreads,
    hashAlgo: HashAlgo,
    afterFirstBlock: () => Promise<void>,
  ) {
    this.#file = file;
    this.#digests = threads.open(["md5", hashAlgo]);
    this.#afterFirstBlock = afterFirstBlock;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      this.#block ??= await this.#takeBlock();
      const piece = chunk.subarray(at, at + BLOCK_BYTES - this.#filled);
      new Uint8Array(this.#block).set(piece, this.#filled);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
      if (this.#filled === BLOCK_BYTES) this.#send();
    }
  }

  /** Everything is written and safe on the disk, and the file has its full length. */
  async finish(): Promise<{ checksum: string; hashValue: string }> {
    this.#send();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    await onDisk(() => this.#file.truncate(this.#position));
    await onDisk(() => this.#file.sync());
    const [checksum = "", hashValue = ""] = await Promise.all(this.#digests.map((digest) => digest.finish()));
    return { checksum, hashValue };
  }

  /** Frees what it holds, in any case. The file may be closed when this resolves. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay);
    for (const digest of this.#digests) digest.close();
    if (this.#block) this.#free.push(this.#block);
    spare.push(...this.#free.splice(0, Math.max(0, SPARE_BLOCKS - spare.length)));
  }

  async #takeBlock(): Promise<SharedArrayBuffer> {
    while (this.#free.length === 0 && this.#blocks === BLOCKS_PER_UPLOAD) await Promise.race(this.#underWay);
    this.#throwFailure();
    const free = this.#free.pop();
    if (free) return free;
    this.#blocks++;
    return spare.pop() ?? new SharedArrayBuffer(BLOCK_BYTES);
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
      onDisk(() => writeSparse(this.#file, new Uint8Array(block, 0, length), position)),
    ]);
    // Only now is the block free, whatever failed.
    for (const result of results) if (result.status === "rejected") throw result.reason;
    if (position === 0 && length === BLOCK_BYTES) await this.#afterFirstBlock();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
