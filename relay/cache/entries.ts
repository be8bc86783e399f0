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

/** A file of the cache. */
export interface Entry {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since the epoch; kept as the file's access time, so that the order survives a restart. */
  usedAt: number;
  /** Open handles: what is read is not evicted. */
  readers: number;
  /** The state of the file in which its bytes were found right, in this life. */
  verified?: string;
}

const FILLING = ".filling";
/** What a full file system needs beside: its own accounts, and everybody else's last lines of a log. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** The cache's directory: what is in it, and how much more may be. */
export class Entries {
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  /** Room that fills under way will need. */
  #reserved = 0;

  private constructor(dir: string, maxBytes: number) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** Makes the directory if need be, clears away what a crash has left, and finds what is kept. */
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

  /** Where a fill writes before its bytes are known to be right. */
  fillingPath(name: string): string {
    return join(this.#dir, name + FILLING);
  }

  /**
   * A handle on an entry that counts as a use of it; undefined when the file has gone. One that cannot be opened now,
   * because too many files are open, is there all the same.
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
   * Makes room for so many bytes, by evicting what was not used for longest; false where there is none to be had, and
   * nothing is evicted then.
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

  /** Keeps a filled file, which is safe on the disk already, in the place of whatever has its name. */
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

  /** What cannot be removed stays known, because it still takes its room. */
  async remove(entry: Entry): Promise<void> {
    await unlessAbsent(() => unlink(join(this.#dir, entry.name)));
    this.#forget(entry);
  }

  /** Only this one: another of its name may have been published since. */
  #forget(entry: Entry): void {
    if (this.#entries.get(entry.name) === entry) this.#entries.delete(entry.name);
  }

  /** Whether there is room for what is reserved once so many bytes more have gone. */
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

/** What changes when somebody writes to the file, or puts another in its place. */
export const stateOf = (stat: { ino: number; size: number; mtimeMs: number }): string =>
  `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
