import type { Json } from "miniflare";
import { asVars } from "./as-vars.ts";
import { identityOf, secretNameOf } from "./identity-settings.ts";
import type { Secrets } from "./secrets.ts";
import { type Settings, storePath } from "./settings.ts";
import { withoutSecretFiles } from "./store-settings.ts";

/** The name of this machine's relay in the worker's settings. */
const RELAY = "local";

/** File stores and stores in a Ceph cluster are the relay's. */
function storeVars(
  store: Settings["stores"][number],
  settings: Settings,
  carriers: readonly string[],
): { [name: string]: Json } {
  if (store.type === "rbd") {
    const { conf, timeout_seconds, type, user, ...place } = store;
    return { ...asVars(place), type: "relay", kind: type, relay: RELAY };
  }
  // The relay carries its own clients' bytes; the worker does everything else with this store.
  if (store.type === "s3" || store.type === "swift")
    return {
      ...asVars(withoutSecretFiles(store)),
      ...(carriers.length > 0 ? { carriers: [...carriers] } : {}),
    };
  if (store.type !== "file") return asVars(withoutSecretFiles(store));
  const path = storePath(settings, store);
  return { ...asVars({ ...store, path }), type: "relay", kind: "file", relay: RELAY };
}

/**
 * The worker's vars, under the names they also have on Cloudflare. There `carriers` is empty: it is not known which
 * relays have been given the worker's stores.
 */
export function workerVars(
  settings: Settings,
  relayUrl: string,
  carriers: readonly string[] = [RELAY],
): Record<string, Json> {
  const { projects, ...forAll } = settings.quotas;
  return {
    LOG_LEVEL: settings.server.log_level,
    ...(settings.server.public_url ? { PUBLIC_URL: settings.server.public_url } : {}),
    STORES: settings.stores.map((store) => storeVars(store, settings, carriers)),
    RELAYS: [{ id: RELAY, url: relayUrl }],
    IDENTITY: asVars(identityOf(settings.identity)),
    TRANSFERS: asVars(settings.transfers),
    LOCATIONS: asVars(settings.locations),
    LIMITS: asVars(settings.limits),
    ...(settings.property_protection ? { PROPERTY_PROTECTION: settings.property_protection } : {}),
    QUOTAS: { ...asVars(forAll), projects: projects.map(asVars) },
    CORS: asVars(settings.cors),
    ...(settings.policy ? { POLICY: settings.policy } : {}),
  };
}

/** The worker's secrets, under the names they also have on Cloudflare. */
export function workerSecrets(settings: Settings, secrets: Secrets): Record<string, Json> {
  return {
    RELAY_KEYS: [{ relay: RELAY, ...secrets.relayKey }],
    ...(settings.storeSecrets.length > 0 ? { STORE_SECRETS: settings.storeSecrets.map(asVars) } : {}),
    TOKEN_SIGNING_KEY: secrets.tokenSigningKey,
    BOOTSTRAP_ADMIN_PASSWORD: secrets.adminPassword,
    ...(settings.keystoneSecret === undefined
      ? {}
      : { [secretNameOf(settings.identity)]: settings.keystoneSecret }),
  };
}
