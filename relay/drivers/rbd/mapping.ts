import koffi from "koffi";
import { SHARED_BYTES, SLOT_BYTES, type Slot } from "./shared-memory.ts";

/** From Linux's mman.h. */
const MMAP = "void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)";
const PROT_READ_AND_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** The child's side of the memory that it shares with the relay (shared-memory.ts). */
export class Mapping {
  readonly #memory: ArrayBuffer;

  constructor(fd: number) {
    const mmap = koffi.load(null).func(MMAP);
    const start: unknown = mmap(null, SHARED_BYTES, PROT_READ_AND_WRITE, MAP_SHARED, fd, 0);
    if (start === null || koffi.address(start) === MAP_FAILED)
      throw new Error("the memory of the relay cannot be mapped");
    this.#memory = koffi.view(start, SHARED_BYTES);
  }

  /** `length` bytes of a slot, for Ceph's libraries to read or write. */
  slot(slot: Slot, length: number): Uint8Array {
    if (length > SLOT_BYTES) throw new Error(`an operation of ${length} bytes is larger than its memory`);
    return new Uint8Array(this.#memory, slot * SLOT_BYTES, length);
  }
}
