import { ServiceError } from "../domain/errors.ts";
import type { Config, Env, StoreConfig } from "../env.ts";
import type { ImageStore } from "./contract.ts";
import { MemoryStore } from "./memory.ts";
import { R2Store } from "./r2.ts";
import { RelayStore } from "./relay.ts";

/** Every configured store by its id, the default one first. Opening reaches for nothing, so it may be done per request. */
export function openStores(config: Config, env: Env, requestId?: string): ReadonlyMap<string, ImageStore> {
  return new Map(config.stores.map((store) => [store.id, open(store, config, env, requestId)]));
}

function open(store: StoreConfig, config: Config, env: Env, requestId: string | undefined): ImageStore {
  switch (store.type) {
    case "memory":
      return new MemoryStore(store.id);
    case "r2":
      return new R2Store({ bucket: env.IMAGES, name: store.bucket, partBytes: config.transfers.partBytes });
    case "relay": {
      if (!config.relayKey) throw new ServiceError("unavailable", "The relay's key is not configured.");
      const { RELAY: relay } = env;
      return new RelayStore({
        id: store.id,
        url: store.url,
        key: config.relayKey,
        prefixes:
          store.kind === "file"
            ? [`file://${store.path}/`, `filesystem://${store.path}/`]
            : [`memory://${store.id}/`],
        ...(relay ? { fetch: (url, init) => relay.fetch(url, init) } : {}),
        ...(requestId === undefined ? {} : { requestId }),
      });
    }
  }
}
