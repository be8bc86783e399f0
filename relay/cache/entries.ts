import {
  constants,
  type FileHandle,
  lstat,
  open,
  readdir,
  rename,
  statfs,
  unlink,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "../drivers/disk-error.ts";
import { makeDirectory } from "../make-directory.ts";
import { isName, isNameOfBefore } from "./content.ts";
import { onClose } from "./on-close.ts";

/** A file in the cache. */
export interface Entry {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since the epoch. Also kept as the file's access time, so that the order survives a restart. */
  usedAt: number;
  /** Open handles: a file that is being read is not evicted. */
  readers: number;
  /** The state of the file when its bytes were found correct, in this process's life. */
  verified?: string;
}

const FILLING = ".filling";
/** What the rest of the file system needs: its own metadata, and room for other programs' logs. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** The cache's directory: what is in it, and how much more it may hold. */
export class Entries {
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  /** Bytes that running fills will need. */
  #reserved = 0;

  private constructor(dir: string, maxBytes: number) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** Makes the directory if need be, removes what a crash left, and finds the files that are kept. */
  static async open(dir: string, maxBytes: number): Promise<Entries> {
    const entries = new Entries(dir, maxBytes);
    await makeDirectory(dir, 0o700);
    for (const name of await readdir(dir)) {
      if (name.endsWith(FILLING) || isNameOfBefore(name)) await unlink(join(dir, name));
      if (!isName(name)) continue;
      const { size, atimeMs } = await lstat(join(dir, name));
      entries.#entries.set(name, { name, size, usedAt: atimeMs, readers: 0 });
    }
    return entries;
  }

  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** Where a fill writes until its bytes are known to be correct. */
  fillingPath(name: string): string {
    return join(this.#dir, name + FILLING);
  }

  /**
   * Opens an entry's file, which counts as a use of it. Undefined when the file has gone. An entry that cannot be
   * opened right now, because too many files are open, is kept.
   */
  async openEntry(entry: Entry): Promise<FileHandle | undefined> {
    entry.readers++;
    try {
      const file = await unlessAbsent(() =>
        open(join(this.#dir, entry.name), constants.O_RDONLY | constants.O_NOFOLLOW),
      );
      if (!file) this.#forget(entry);
      else onClose(file, () => entry.readers--);
      return file;
    } catch (error) {
      entry.readers--;
      throw error;
    }
  }

  async touch(entry: Entry): Promise<void> {
    entry.usedAt = Date.now();
    const path = join(this.#dir, entry.name);
    const { mtime } = await lstat(path);
    await utimes(path, new Date(entry.usedAt), mtime);
  }

  /**
   * Makes room for this many bytes by evicting the least recently used files. Returns false, and evicts nothing, if
   * there cannot be enough room.
   */
  async reserve(bytes: number, evicted: (entry: Entry) => void): Promise<boolean> {
    this.#reserved += bytes;
    const idle = [...this.#entries.values()]
      .filter(({ readers }) => readers === 0)
      .toSorted((a, b) => a.usedAt - b.usedAt);
    try {
      let canGo = idle.reduce((sum, { size }) => sum + size, 0);
      while (await this.#fits(bytes, canGo)) {
        if (await this.#fits(bytes, 0)) return true;
        const oldest = idle.shift();
        if (!oldest) break;
        canGo -= oldest.size;
        await this.remove(oldest);
        evicted(oldest);
      }
    } catch (error) {
      this.release(bytes);
      throw error;
    }
    this.release(bytes);
    return false;
  }

  release(bytes: number): void {
    this.#reserved -= bytes;
  }

  /** Keeps a filled file, which is already safe on the disk. It replaces any file of its name. */
  async publish(name: string, size: number): Promise<void> {
    const path = join(this.#dir, name);
    await rename(this.fillingPath(name), path);
    await this.#syncDirectory();
    this.release(size);
    this.#entries.set(name, {
      name,
      size,
      usedAt: Date.now(),
      readers: 0,
      verified: stateOf(await lstat(path)),
    });
  }

  /** A file that cannot be removed stays known, because it still takes space. */
  async remove(entry: Entry): Promise<void> {
    await unlessAbsent(() => unlink(join(this.#dir, entry.name)));
    this.#forget(entry);
  }

  /** Forgets only this entry: another of its name may have been published since. */
  #forget(entry: Entry): void {
    if (this.#entries.get(entry.name) === entry) this.#entries.delete(entry.name);
  }

  /** Whether the reserved bytes fit once `canGo` more bytes have been evicted. */
  async #fits(bytes: number, canGo: number): Promise<boolean> {
    if (this.bytes - canGo + this.#reserved > this.#maxBytes) return false;
    const { bavail, bsize } = await statfs(this.#dir);
    return bavail * bsize + canGo >= bytes + SPARE_BYTES;
  }

  async #syncDirectory(): Promise<void> {
    const dir = await open(this.#dir, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await dir.sync();
    } finally {
      await dir.close();
    }
  }
}

/** Changes when somebody writes to the file, or replaces it. */
export const stateOf = (stat: { ino: number; size: number; mtimeMs: number }): string =>
  `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
