import { ServiceError } from "../domain/errors.ts";
import { bindingOf, type Config, type Env, type StoreConfig } from "../env.ts";
import type { ImageStore } from "./contract.ts";
import { MemoryStore } from "./memory.ts";
import { R2Store } from "./r2.ts";
import { RelayStore, type RelayStoreOptions } from "./relay.ts";

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
    case "relay":
      return new RelayStore({
        id: store.id,
        ...wayTo(store.relay, config, env),
        prefixes:
          store.kind === "file"
            ? [`file://${store.path}/`, `filesystem://${store.path}/`]
            : [`memory://${store.id}/`],
        ...(requestId === undefined ? {} : { requestId }),
      });
  }
}

/** How the edge asks that relay. */
function wayTo(id: string, config: Config, env: Env): Pick<RelayStoreOptions, "url" | "key" | "fetch"> {
  const relay = config.relays.find((r) => r.id === id);
  const key = relay?.keys[0];
  if (!relay?.url || !key) throw new ServiceError("unavailable", `The relay ${id} is not configured.`);
  const binding = relay.binding === undefined ? undefined : bindingOf(env, relay.binding);
  return { url: relay.url, key, ...(binding ? { fetch: (url, init) => binding.fetch(url, init) } : {}) };
}
