import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Json } from "miniflare";
import { convertV4MiniflareOptions, type MiniflareOptions, type V4ServiceDesignator } from "miniflare";
import { parse } from "smol-toml";
import { identityOf, secretNameOf } from "./identity-settings.ts";
import type { Secrets } from "./secrets.ts";
import { type Settings, storePath } from "./settings.ts";

/** The same worker runs in both, so what it is compatible with is said in wrangler.toml alone. */
const WRANGLER = parse(readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8")) as unknown as {
  readonly compatibility_date: string;
  readonly compatibility_flags: string[];
};

/** Miniflare's own entry, which nobody uses; and no question to Cloudflare about where this machine stands. */
const ENTRY = { host: "127.0.0.1", port: 0, logRequests: false, cf: false } as const;

export interface WorkerSetup {
  readonly script: string;
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Empty where no relay is needed. */
  /** Where the worker listens for the relay. */
  readonly socket: { readonly host: string; readonly port: number };
  readonly relayUrl: string;
  /** Called when Miniflare has started a worker anew that had died. */
  readonly onRestart: () => Promise<void>;
  readonly checkpointUrl?: string | undefined;
}

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `{ part_bytes: 1 }` of the file as `{ partBytes: 1 }` of the worker's vars. */
const asVars = (section: object): { [name: string]: Json } =>
  Object.fromEntries(Object.entries(section).map(([name, value]) => [camelCase(name), value as Json]));

/** What the worker calls the relay of this machine. */
const RELAY = "local";

/** A file store is the relay's. */
function storeVars(store: Settings["stores"][number], setup: WorkerSetup): { [name: string]: Json } {
  if (store.type !== "file") return asVars(store);
  const path = storePath(setup.settings, store);
  return { ...asVars({ ...store, path }), type: "relay", kind: "file", relay: RELAY };
}

/** The worker's vars and secrets, by the names they also have on Cloudflare. */
export function workerBindings(setup: WorkerSetup): Record<string, Json> {
  const { settings, secrets } = setup;
  const { projects, ...forAll } = settings.quotas;
  return {
    LOG_LEVEL: settings.server.log_level,
    ...(settings.server.public_url ? { PUBLIC_URL: settings.server.public_url } : {}),
    STORES: settings.stores.map((store) => storeVars(store, setup)),
    RELAYS: [{ id: RELAY, url: setup.relayUrl }],
    IDENTITY: asVars(identityOf(settings.identity)),
    TRANSFERS: asVars(settings.transfers),
    LOCATIONS: asVars(settings.locations),
    LIMITS: asVars(settings.limits),
    ...(settings.property_protection ? { PROPERTY_PROTECTION: settings.property_protection } : {}),
    QUOTAS: { ...asVars(forAll), projects: projects.map(asVars) },
    ...(settings.policy ? { POLICY: settings.policy } : {}),
    SINGLE_PROCESS: true,
    ...(setup.checkpointUrl ? { CHECKPOINT_URL: setup.checkpointUrl } : {}),
    RELAY_KEYS: [{ relay: RELAY, ...secrets.relayKey }],
    TOKEN_SIGNING_KEY: secrets.tokenSigningKey,
    BOOTSTRAP_ADMIN_PASSWORD: secrets.adminPassword,
    ...(settings.keystoneSecret === undefined
      ? {}
      : { [secretNameOf(settings.identity)]: settings.keystoneSecret }),
  };
}

/** Where D1, R2 and the objects are kept; the same for every Miniflare on one data directory. */
const persistence = (settings: Settings) => join(settings.server.data_dir, "worker");

/**
 * What the http store asks strangers through. workerd judges the address that a name resolved to when it connects, so
 * that a name which turns out to be private is refused; addresses and networks that the operator lists are not.
 */
function publicNetwork({ stores }: Settings): V4ServiceDesignator {
  const listed = stores.flatMap((store) => (store.type === "http" ? store.allow : []));
  const networks = listed.flatMap((entry) => {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address);
    return family === 0 ? [] : [`${address}/${bits ?? (family === 4 ? 32 : 128)}`];
  });
  return { network: { allow: ["public", ...networks], tlsOptions: { trustBrowserCas: true } } };
}

/** The worker with its direct socket, which skips Miniflare's slower entry. */
export function workerOptions(setup: WorkerSetup): MiniflareOptions {
  const options = convertV4MiniflareOptions({
    name: "glimpse",
    modules: true,
    script: setup.script,
    compatibilityDate: WRANGLER.compatibility_date,
    compatibilityFlags: WRANGLER.compatibility_flags,
    bindings: workerBindings(setup),
    d1Databases: { DB: "glimpse" },
    r2Buckets: { IMAGES: "glimpse-images" },
    serviceBindings: { PUBLIC_NETWORK: publicNetwork(setup.settings) },
    durableObjects: { IMAGE_COORDINATOR: { className: "ImageCoordinator", useSQLite: true } },
    resourcePersistencePath: persistence(setup.settings),
    unsafeDirectSockets: [setup.socket],
    ...ENTRY,
  });
  return { ...options, unsafeHandleRuntimeRestart: setup.onRestart };
}

/** The catalogue's database alone, for migrations that must be there before anybody can ask. */
export const databaseOptions = (settings: Settings): MiniflareOptions =>
  convertV4MiniflareOptions({
    name: "glimpse",
    modules: true,
    script: "export default { fetch: () => new Response(null, { status: 404 }) }",
    compatibilityDate: WRANGLER.compatibility_date,
    d1Databases: { DB: "glimpse" },
    resourcePersistencePath: persistence(settings),
    ...ENTRY,
  });
