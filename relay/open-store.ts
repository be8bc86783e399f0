import type { Logger } from "pino";
import type { ImageStore } from "../src/stores/contract.ts";
import { MemoryStore } from "../src/stores/memory.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { FileStore } from "./drivers/file.ts";
import { openS3, openSwift } from "./drivers/object/open-object.ts";
import { RbdStore } from "./drivers/rbd/rbd.ts";
import { readOnly } from "./drivers/read-only.ts";
import type { HashThreads } from "./hashing/hash-threads.ts";
import type { PartBuffers } from "./part-buffers.ts";
import type { RelayStoreSettings } from "./settings.ts";

export type OpenStore = ImageStore & {
  /** Another server keeps the data, and the edge can reach it too: this relay only carries bytes. */
  readonly elsewhere?: true;
  close?(): Promise<void>;
};

export interface StoreContext {
  readonly threads: HashThreads;
  /** Shared by the parts of all uploads. */
  readonly buffers: PartBuffers;
  readonly checkpoint: Checkpoint;
  readonly log: Logger;
}

/** Opens the store that the settings describe. Rejects if that fails. */
export async function openStore(store: RelayStoreSettings, around: StoreContext): Promise<OpenStore> {
  const opened = await openWhole(store, around);
  if (!store.read_only) return opened;
  const { elsewhere } = opened;
  return { ...readOnly(opened), close: async () => opened.close?.(), ...(elsewhere ? { elsewhere } : {}) };
}

async function openWhole(store: RelayStoreSettings, around: StoreContext): Promise<OpenStore> {
  switch (store.type) {
    case "memory":
      return new MemoryStore(store.id);
    case "file":
      return FileStore.open({ ...around, dir: store.path, onlyRead: store.read_only ?? false });
    case "rbd":
      return RbdStore.open({ ...around, ...store, timeoutSeconds: store.timeout_seconds });
    case "s3":
      return openS3(store, around);
    case "swift":
      return openSwift(store, around);
  }
}
