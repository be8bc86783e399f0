import type { Logger } from "pino";
import type { ImageStore } from "../src/stores/contract.ts";
import { MemoryStore } from "../src/stores/memory.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { FileStore } from "./drivers/file.ts";
import { RbdStore } from "./drivers/rbd/rbd.ts";
import { readOnly } from "./drivers/read-only.ts";
import type { HashThreads } from "./hashing/hash-threads.ts";
import type { RelayStoreSettings } from "./settings.ts";

export type OpenStore = ImageStore & { close?(): Promise<void> };

export interface Around {
  readonly threads: HashThreads;
  readonly checkpoint: Checkpoint;
  readonly log: Logger;
}

/** The store as its settings say. Rejects when it cannot be had. */
export async function openStore(store: RelayStoreSettings, around: Around): Promise<OpenStore> {
  const opened = await openWhole(store, around);
  return store.read_only ? { ...readOnly(opened), close: async () => opened.close?.() } : opened;
}

async function openWhole(store: RelayStoreSettings, around: Around): Promise<OpenStore> {
  switch (store.type) {
    case "memory":
      return new MemoryStore(store.id);
    case "file":
      return FileStore.open({ ...around, dir: store.path, onlyRead: store.read_only ?? false });
    case "rbd":
      return RbdStore.open({ ...around, ...store, timeoutSeconds: store.timeout_seconds });
  }
}
