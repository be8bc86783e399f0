import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Json } from "miniflare";
import { convertV4MiniflareOptions, type MiniflareOptions, type V4ServiceDesignator } from "miniflare";
import { parse } from "smol-toml";
import { REFERENCE } from "../reference/build.ts";
import { D1_OBJECTS } from "./catalogue-file.ts";
import type { Setup } from "./preparation.ts";
import type { Settings } from "./settings.ts";
import { workerSecrets, workerVars } from "./worker-vars.ts";

/** The compatibility settings stand in wrangler.toml alone: the same worker runs here and on Cloudflare. */
const WRANGLER = parse(readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8")) as unknown as {
  readonly compatibility_date: string;
  readonly compatibility_flags: string[];
};

/** Miniflare's own entry, which nobody uses; and no request to Cloudflare about where this machine is. */
const ENTRY = { host: "127.0.0.1", port: 0, logRequests: false, cf: false } as const;

export interface WorkerSetup extends Setup {
  readonly script: string;
  readonly relayUrl: string;
}

export function workerBindings(setup: WorkerSetup): Record<string, Json> {
  return {
    ...workerVars(setup.settings, setup.relayUrl),
    SINGLE_PROCESS: true,
    ...(setup.checkpointUrl ? { CHECKPOINT_URL: setup.checkpointUrl } : {}),
    ...workerSecrets(setup.settings, setup.secrets),
  };
}

/** Where D1, R2 and the objects are kept; the same for every Miniflare on one data directory. */
export const persistence = (settings: Settings) => join(settings.server.data_dir, "worker");

/**
 * The network through which the http store fetches URLs that callers supplied. workerd checks the address to which a
 * name resolved when it connects, so a name that turns out to be private is refused, unless the operator lists the
 * address or network.
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

/** The worker with its direct socket, which bypasses Miniflare's slower entry. */
export function workerOptions(setup: WorkerSetup): MiniflareOptions {
  return convertV4MiniflareOptions({
    name: "glimpse",
    modules: true,
    script: setup.script,
    compatibilityDate: WRANGLER.compatibility_date,
    compatibilityFlags: WRANGLER.compatibility_flags,
    bindings: workerBindings(setup),
    r2Buckets: { IMAGES: "glimpse-images" },
    serviceBindings: {
      PUBLIC_NETWORK: publicNetwork(setup.settings),
      REFERENCE: { disk: { path: REFERENCE, writable: false } },
    },
    durableObjects: {
      IMAGE_COORDINATOR: { className: "ImageCoordinator", useSQLite: true },
      HOME: { className: "Home", useSQLite: true, unsafeUniqueKey: D1_OBJECTS },
    },
    resourcePersistencePath: persistence(setup.settings),
    unsafeDirectSockets: [setup.socket],
    ...ENTRY,
    // The launcher triggers the sweep through the entry, because Cloudflare's cron is missing here.
    unsafeTriggerHandlers: true,
  });
}

/** The catalogue's database alone, for migrations that must be applied before any request arrives. */
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
