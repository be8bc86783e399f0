import type { FileHandle } from "node:fs/promises";
import type { BlockSink } from "./block-writer.ts";
import { onDisk } from "./disk-error.ts";
import { writeSparse } from "./sparse.ts";

/** The disk is given so much at a time while more comes, so that little is left to be made safe at the end. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** A file that gets its full length, and is safe on the disk, at the end. */
export class FileSink implements BlockSink {
  readonly #file: FileHandle;
  #unsynced = 0;
  #syncing: Promise<void> | undefined;
  /** The system tells of a write that failed once only, to whoever syncs next. */
  #failure: { readonly error: unknown } | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await onDisk(() => writeSparse(this.#file, bytes, position));
    this.#unsynced += bytes.byteLength;
    if (this.#unsynced >= SYNC_BYTES) this.#syncing ??= this.#sync();
  }

  async finish(size: number): Promise<void> {
    await this.#syncing;
    await onDisk(async () => {
      if (this.#failure) throw this.#failure.error;
      await this.#file.truncate(size);
      await this.#file.sync();
    });
  }

  /** Never rejects: the upload goes on meanwhile, and fails at its end. */
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
