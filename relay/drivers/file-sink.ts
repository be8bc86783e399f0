import type { FileHandle } from "node:fs/promises";
import type { BlockSink } from "./block-writer.ts";
import { codeOf, onDisk } from "./disk-error.ts";
import { writeSparse } from "./sparse.ts";

/** Written bytes are synced in steps of this size while more arrive, so that little is left to sync at the end. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** No disk requires addresses, positions and lengths to be multiples of more than this. */
const DIRECT_BYTES = 4096;

/**
 * A file that gets its full length, and is safe on the disk, at the end. The first block and an odd end go through the
 * page cache; everything between bypasses it if the file system allows that. A copy into the page cache costs as much
 * CPU time as a digest, and the data must be on the disk before the client is answered anyway
 * (docs/decisions/0033-uploads-go-past-the-page-cache.md).
 */
export class FileSink implements BlockSink {
  readonly #file: FileHandle;
  readonly #openDirect: () => Promise<FileHandle | undefined>;
  #direct: Promise<FileHandle | undefined> | undefined;
  #refused = false;
  #unsynced = 0;
  #syncing: Promise<void> | undefined;
  /** The system reports a failed write only once, to the next sync. */
  #failure: { readonly error: unknown } | undefined;

  constructor(file: FileHandle, openDirect: () => Promise<FileHandle | undefined>) {
    this.#file = file;
    this.#openDirect = openDirect;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await onDisk(async () => {
      if (await this.#wroteDirectly(bytes, position)) return;
      await writeSparse(this.#file, bytes, position);
      this.#unsynced += bytes.byteLength;
      if (this.#unsynced >= SYNC_BYTES) this.#syncing ??= this.#sync();
    });
  }

  async finish(size: number): Promise<void> {
    await this.#syncing;
    await onDisk(async () => {
      if (this.#failure) throw this.#failure.error;
      await this.#file.truncate(size);
      await this.#file.sync();
    });
  }

  /** Closes what it opened, in any case, once nothing is written any more. The owner of the file closes that. */
  async close(): Promise<void> {
    await (await this.#direct)?.close();
  }

  async #wroteDirectly(bytes: Uint8Array, position: number): Promise<boolean> {
    if (position === 0 || bytes.byteLength % DIRECT_BYTES !== 0 || this.#refused) return false;
    this.#direct ??= this.#openDirect();
    const direct = await this.#direct;
    if (!direct) return false;
    try {
      await writeSparse(direct, bytes, position);
      return true;
    } catch (error) {
      // The file system takes no direct writes, or not from this memory.
      if (codeOf(error) !== "EINVAL") throw error;
      this.#refused = true;
      return false;
    }
  }

  /** Never rejects: the upload continues meanwhile, and fails at its end. */
  async #sync(): Promise<void> {
    this.#unsynced = 0;
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#syncing = undefined;
    }
  }
}
