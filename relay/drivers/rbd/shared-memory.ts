import { randomUUID } from "node:crypto";
import { accessSync, constants, unlinkSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAll } from "../../write-all.ts";

/** The most that one operation moves. */
export const SLOT_BYTES = 8 * 1024 * 1024;
/** As many as there are operations at once (lanes.ts). */
export const SLOTS = 4;
export const SHARED_BYTES = SLOTS * SLOT_BYTES;

/** The file descriptor under which the child has it open. */
export const MEMORY_FD = 4;

/** The number of one of the `SLOTS`. */
export type Slot = number;

/**
 * Memory that the relay shares with its child process: a file without a name, in memory where Linux has room for one
 * (/dev/shm). In the child, Ceph's libraries read and write it as memory; here it is read and written as a file, so
 * that no pointer of theirs ever points into the relay's memory. A socket would carry only 64 KiB at a time.
 */
export class SharedMemory {
  readonly #file: FileHandle;
  readonly #free: Slot[] = Array.from({ length: SLOTS }, (_, slot) => slot);

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(): Promise<SharedMemory> {
    const path = join(folder(), `glimpse-relay-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    unlinkSync(path);
    await file.truncate(SHARED_BYTES);
    return new SharedMemory(file);
  }

  /** The descriptor that the child maps. */
  get fd(): number {
    return this.#file.fd;
  }

  /** Exclusive until it is given back. */
  take(): Slot {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error("more operations are under way than there is memory for");
    return slot;
  }

  give(slot: Slot): void {
    this.#free.push(slot);
  }

  async write(slot: Slot, bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes, slot * SLOT_BYTES);
  }

  /** Fills `bytes` from the slot. */
  async read(slot: Slot, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; )
      at += (await this.#file.read(bytes, at, bytes.byteLength - at, slot * SLOT_BYTES + at)).bytesRead;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function folder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}
