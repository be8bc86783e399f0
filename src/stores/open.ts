import { ServiceError } from "../domain/errors.ts";
import { bindingOf, type Config, type Env, type StoreConfig } from "../env.ts";
import { type ImageReader, readerOf } from "./contract.ts";
import { HttpStore } from "./http.ts";
import { MemoryStore } from "./memory.ts";
import { openSwift, swiftNamesOf } from "./open-swift.ts";
import { R2Store } from "./r2.ts";
import { rbdNames, rbdPlaceIn } from "./rbd-location.ts";
import { RelayStore, type RelayStoreOptions } from "./relay.ts";
import { S3Store } from "./s3.ts";
import { s3Prefixes } from "./s3-address.ts";
import type { S3Credentials } from "./s3-signing.ts";
import { objectAt } from "./swift-location.ts";
import { WORKERD } from "./workerd.ts";

/**
 * Every configured store by its id, a read-only one as a reader. Opening a store sends no request, so this may be done
 * for each request.
 */
export function openStores(config: Config, env: Env, requestId?: string): ReadonlyMap<string, ImageReader> {
  return new Map(
    config.stores.map((store) => {
      const opened = openStore(store, config, env, requestId);
      return [store.id, store.readOnly ? readerOf(opened) : opened];
    }),
  );
}

/** A store with everything that its type can do, even if it is read-only. */
export function openStore(
  store: StoreConfig,
  config: Config,
  env: Env,
  requestId: string | undefined,
): ImageReader {
  switch (store.type) {
    case "memory":
      return new MemoryStore(store.id);
    case "r2":
      return new R2Store({ bucket: env.IMAGES, name: store.bucket, partBytes: config.transfers.partBytes });
    case "http": {
      const network = bindingOf(env, "PUBLIC_NETWORK");
      return new HttpStore({
        ...store,
        ...(network ? { publicFetch: (url, init) => network.fetch(url, init) } : {}),
      });
    }
    case "s3":
      return new S3Store({
        ...store,
        platform: WORKERD,
        partBytes: store.partBytes ?? config.transfers.partBytes,
        ...credentialsOf(store, config),
      });
    case "swift":
      return openSwift(store, config, env);
    case "relay":
      return new RelayStore({
        id: store.id,
        ...wayTo(store.relay, config, env),
        prefixes: prefixesOf(store),
        ...(store.kind === "rbd" ? { names: rbdNames(store), hasDependents: true } : {}),
        ...(requestId === undefined ? {} : { requestId }),
      });
  }
}

/**
 * The store that reads a location with this URL (spec/stores.md section 10): `wanted` if it does, otherwise the first
 * that does; undefined if no store knows the URL.
 */
export function ownerOf(
  stores: readonly StoreConfig[],
  url: string,
  wanted?: string,
): StoreConfig | undefined {
  const scheme = schemeOf(url);
  const spelled = scheme + url.slice(scheme.length);
  const owners = stores.filter((store) => owns(store, spelled));
  return owners.find(({ id }) => id === wanted) ?? owners[0];
}

function owns(store: StoreConfig, url: string): boolean {
  if (store.type === "swift") return objectAt(swiftNamesOf(store), url) !== undefined;
  if (store.type === "relay" && store.kind === "rbd") return rbdPlaceIn(store, url) !== undefined;
  return prefixesOf(store).some((prefix) => url.startsWith(prefix));
}

/**
 * Whether some store may read the location: any store of its scheme, but for Ceph only the one whose pool it names.
 * Whether the bytes exist is found out later.
 */
export const mayBeRead = (stores: readonly StoreConfig[], url: string): boolean =>
  schemeOf(url) === "rbd:"
    ? ownerOf(stores, url) !== undefined
    : stores.flatMap(prefixesOf).some((prefix) => schemeOf(prefix) === schemeOf(url));

const schemeOf = (url: string): string => (/^[^:]*:/.exec(url)?.[0] ?? "").toLowerCase();

/** The prefixes of the store's locations; new locations get the first. */
function prefixesOf(store: StoreConfig): readonly [string, ...string[]] {
  switch (store.type) {
    case "memory":
      return [`memory://${store.id}/`];
    case "r2":
      return [`r2://${store.bucket}/`];
    case "http":
      return ["http://", "https://"];
    case "s3":
      return s3Prefixes(store);
    // The user beside the address matters too: swift-location.ts.
    case "swift":
      return [`swift+config://${store.reference}/`, "swift://", "swift+http://", "swift+https://"];
    case "relay":
      switch (store.kind) {
        case "file":
          return [`file://${store.path}/`, `filesystem://${store.path}/`];
        case "rbd":
          return [`rbd://${store.fsid}/`];
        case "memory":
          return [`memory://${store.id}/`];
      }
  }
}

function credentialsOf(
  { accessKeyId, id }: Extract<StoreConfig, { type: "s3" }>,
  { storeSecrets }: Config,
): S3Credentials {
  const { secret = "", sessionToken } = storeSecrets.find(({ store }) => store === id) ?? {};
  return { accessKeyId, secretAccessKey: secret, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** How the edge reaches that relay. */
function wayTo(id: string, config: Config, env: Env): Pick<RelayStoreOptions, "url" | "key" | "fetch"> {
  const relay = config.relays.find((r) => r.id === id);
  const key = relay?.keys[0];
  if (!relay?.url || !key) throw new ServiceError("unavailable", `The relay ${id} is not configured.`);
  const binding = relay.binding === undefined ? undefined : bindingOf(env, relay.binding);
  return { url: relay.url, key, ...(binding ? { fetch: (url, init) => binding.fetch(url, init) } : {}) };
}
