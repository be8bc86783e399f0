import { type Examination, examineStore } from "../../src/stores/examine.ts";
import type { Memory } from "../drivers/object/part-writer.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import type { OpenStore } from "../open-store.ts";
import { PartBuffers } from "../part-buffers.ts";

/**
 * Examines, from this machine, a store on another server: by writing bytes and removing them again, or only by reading.
 */
export async function* examineObject(open: (memory: Memory) => OpenStore, onlyRead: boolean): Examination {
  const threads = new HashThreads();
  const store = open({ threads, buffers: new PartBuffers(0) });
  try {
    yield* examineStore(store, { onlyRead });
  } finally {
    await store.close?.();
    await threads.stop();
  }
}
