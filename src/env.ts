import { z } from "zod";
import { inWords } from "./domain/in-words.ts";
import type { Policy } from "./domain/policy.ts";
import type { PropertyProtection } from "./domain/property-protection.ts";
import type { ImageCoordinator } from "./durable/image-coordinator.ts";
import { cors } from "./env-cors.ts";
import { identity, identityRules } from "./env-identity.ts";
import { policyOf, policyOverrides } from "./env-policy.ts";
import { propertyProtection, protectionOf } from "./env-property-protection.ts";
import { type QuotasConfig, quotaRules, quotas } from "./env-quotas.ts";
import { bindingOf, type RelayConfig, relayConfigs, relayKeys, relayRules, relays } from "./env-relays.ts";
import { httpUrl, idOf, listOf, rbdPool, secret, together } from "./env-rules.ts";
import { storeSetRule } from "./env-store-set.ts";
import { type StoreSecret, s3Store, storeRules, storeSecrets } from "./env-stores.ts";
import { swiftStore, swiftUserProblem } from "./env-swift.ts";
import type { CorsRules } from "./http/cors.ts";
import { HASH_ALGOS } from "./stores/contract.ts";
import { isAllowEntry } from "./stores/http-address.ts";

export type { KeystoneConfig } from "./env-identity.ts";
export { type QuotasConfig, storageBytesOf } from "./env-quotas.ts";
export { bindingOf, type RelayConfig, type RelayKey } from "./env-relays.ts";
export { defaultStore, isReadOnly } from "./env-store-set.ts";

/**
 * The bindings that Cloudflare or the launcher provides. Vars are JSON; their names and shapes are the same in
 * wrangler.toml. In addition there may be bindings under names that RELAYS gives, through which relays are reached; on
 * Cloudflare such a binding may be a VPC service.
 */
export interface Env {
  readonly DB: D1Database;
  readonly IMAGES: R2Bucket;
  readonly IMAGE_COORDINATOR: DurableObjectNamespace<ImageCoordinator>;
  /** The files of the page at /docs (reference/). */
  readonly REFERENCE?: Fetcher;
  readonly PUBLIC_URL?: unknown;
  readonly LOG_LEVEL?: unknown;
  readonly STORES?: unknown;
  readonly RELAYS?: unknown;
  readonly IDENTITY?: unknown;
  readonly TRANSFERS?: unknown;
  readonly LOCATIONS?: unknown;
  readonly LIMITS?: unknown;
  readonly POLICY?: unknown;
  readonly PROPERTY_PROTECTION?: unknown;
  readonly QUOTAS?: unknown;
  readonly CORS?: unknown;
  /** True if one process is the whole service, as `npm start` runs it: then leases of an earlier run are dead. */
  readonly SINGLE_PROCESS?: unknown;
  /**
   * Reaches only public addresses, whatever a name resolves to. Absent on Cloudflare, where `fetch` does so itself.
   */
  readonly PUBLIC_NETWORK?: unknown;
  /** Tests only: where named points of a transition report before they go on (`durable/checkpoint.ts`). */
  readonly CHECKPOINT_URL?: unknown;
  /** Secrets. */
  readonly RELAY_KEYS?: unknown;
  readonly STORE_SECRETS?: unknown;
  readonly TOKEN_SIGNING_KEY?: unknown;
  readonly BOOTSTRAP_ADMIN_PASSWORD?: unknown;
  readonly KEYSTONE_PASSWORD?: unknown;
  readonly KEYSTONE_APPLICATION_CREDENTIAL_SECRET?: unknown;
}

const storeId = idOf("store").refine(
  (id) => !id.startsWith("os_glance_"),
  "starts with the reserved os_glance_",
);

const storeBase = {
  id: storeId,
  description: z.string().optional(),
  weight: z.int().default(0),
  /** The store for uploads that name none; if no store has this, the first. */
  default: z.boolean().optional(),
  /** Images are read from it and its locations can be forgotten, but nothing is written or removed. */
  readOnly: z.boolean().optional(),
};

const absolutePath = z
  .string()
  .regex(/^(\/[^/\0]+)+$/, "is not an absolute path without a slash at its end")
  .refine((path) => !/\/\.{1,2}(\/|$)/.test(path), "has a '.' or '..' in it");

const relayBase = { ...storeBase, type: z.literal("relay"), relay: z.string() };

const store = z.discriminatedUnion("type", [
  z.strictObject({ ...storeBase, type: z.literal("r2"), bucket: z.string().default("glimpse-images") }),
  /**
   * A store that a relay of RELAYS keeps under the same id; `kind` is its type there. `path` is the relay's directory,
   * `fsid` and `pool` belong to its cluster: location URLs are made from them, and recognised by them as this store's
   * (spec/stores.md section 10).
   */
  z.discriminatedUnion("kind", [
    z.strictObject({ ...relayBase, kind: z.literal("file"), path: absolutePath }),
    z.strictObject({ ...relayBase, kind: z.literal("rbd"), ...rbdPool }),
    z.strictObject({ ...relayBase, kind: z.literal("memory") }),
  ]),
  z.strictObject({ ...storeBase, type: z.literal("memory") }),
  z.strictObject({ ...storeBase, ...s3Store }),
  z.strictObject({ ...storeBase, ...swiftStore }).superRefine((store, context) => {
    const { authVersion: version, user, projectName: project } = store;
    const problem = swiftUserProblem({
      ...{ version, user, project },
      applicationCredential: store.applicationCredentialId,
    });
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }),
  /** Reads from web servers: public ones, and those that `allow` lists (stores/http-address.ts). */
  z.strictObject({
    ...storeBase,
    type: z.literal("http"),
    allow: z.array(z.string().refine(isAllowEntry, "is no host name, address or network")).default([]),
    ports: z.array(z.int().min(1).max(65_535)).min(1, "allows no port").default([80, 443]),
  }),
]);

const transfers = z.strictObject({
  leaseSeconds: z.number().positive().default(60),
  heartbeatSeconds: z.number().positive().default(15),
  /** An upload in which no byte moves for this long is given up, whoever stalls. */
  stallSeconds: z.number().positive().default(300),
  /** How long after its lease is lost a writer may still write bytes; its key is removed once more after that. */
  lateWriterSeconds: z.number().positive().default(600),
  /**
   * Size of the parts of a multipart upload of unknown length. R2 needs at least 5 MiB, an isolate's memory allows at
   * most 16 MiB.
   */
  partBytes: z
    .int()
    .min(5 * 1024 * 1024)
    .max(16 * 1024 * 1024)
    .default(8 * 1024 * 1024),
  hashAlgo: z.enum(HASH_ALGOS).default("sha512"),
});

/** What callers may see and say about locations (spec/locations.md section 6). */
const locations = z.strictObject({
  showMultipleLocations: z.boolean().default(false),
  showImageDirectUrl: z.boolean().default(false),
  /** Whether the bytes of an added location are read and hashed. */
  doSecureHash: z.boolean().default(true),
  /** How many times in a row hashing is retried if the bytes cannot be read. */
  hashRetries: z.int().min(0).max(20).default(8),
  /**
   * After this many bytes the worker saves the state of hashing; a run ends at the first such point after `runSeconds`.
   */
  sliceBytes: z
    .int()
    .min(1024)
    .default(32 * 1024 * 1024),
  runSeconds: z.number().min(0).max(600).default(20),
});

const limits = z.strictObject({
  imageSizeCapBytes: z
    .int()
    .positive()
    .default(1024 ** 4),
  /** -1: no limit. */
  imagePropertyQuota: z.int().min(-1).default(128),
  imageTagQuota: z.int().min(-1).default(128),
  imageMemberQuota: z.int().min(-1).default(128),
  imageLocationQuota: z.int().min(-1).default(10),
  listLimitDefault: z.int().positive().default(25),
  listLimitMax: z.int().positive().default(1000),
});

const settings = z
  .looseObject({
    PUBLIC_URL: httpUrl.optional(),
    LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
    STORES: z.array(store).min(1, "names no store"),
    RELAYS: relays.default(() => []),
    IDENTITY: identity,
    TRANSFERS: transfers.default(() => transfers.parse({})),
    LOCATIONS: locations.default(() => locations.parse({})),
    LIMITS: limits.default(() => limits.parse({})),
    PROPERTY_PROTECTION: propertyProtection.optional(),
    QUOTAS: quotas.default(() => quotas.parse({})),
    CORS: cors.default(() => cors.parse({})),
    POLICY: policyOverrides.optional(),
    SINGLE_PROCESS: z.boolean().default(false),
    CHECKPOINT_URL: z.url().optional(),
    RELAY_KEYS: relayKeys.default(() => []),
    STORE_SECRETS: storeSecrets.default(() => []),
    TOKEN_SIGNING_KEY: secret.optional(),
    BOOTSTRAP_ADMIN_PASSWORD: z.string().min(8, "is shorter than 8 characters").optional(),
    KEYSTONE_PASSWORD: z.string().min(1, "is empty").optional(),
    KEYSTONE_APPLICATION_CREDENTIAL_SECRET: z.string().min(1, "is empty").optional(),
  })
  .check(storeSetRule)
  .check(...relayRules)
  .check(...storeRules)
  .refine(
    (given) =>
      listOf(given.STORES).every(
        (store) => store?.type !== "swift" || !store.binding || bindingOf(given, store.binding) !== undefined,
      ),
    together("STORES", "names a binding that the worker does not have, or that cannot fetch"),
  )
  .check(...identityRules)
  .check(...quotaRules)
  .refine(
    ({ LIMITS }) => !(LIMITS?.listLimitDefault > LIMITS?.listLimitMax),
    together("LIMITS", "listLimitDefault must be at most listLimitMax"),
  )
  .refine(
    ({ TRANSFERS }) => !(TRANSFERS?.heartbeatSeconds * 2 > TRANSFERS?.leaseSeconds),
    together("TRANSFERS", "heartbeatSeconds must be at most half of leaseSeconds"),
  );

export type StoreConfig = z.output<typeof store>;
export type IdentityConfig = z.output<typeof identity>;

/**
 * Whether that relay moves the store's bytes itself: because it keeps them, or because it has been given the store too.
 */
export const isCarriedBy = (store: StoreConfig, relay: string): boolean =>
  store.type === "relay" ? store.relay === relay : "carriers" in store && store.carriers.includes(relay);

/** A store's weight; one that is no longer configured has the default weight. */
export const weightIn =
  (stores: readonly StoreConfig[]) =>
  (id: string): number =>
    stores.find((store) => store.id === id)?.weight ?? 0;

/** The worker's settings, checked. The stores are in the given order. */
export interface Config {
  readonly publicUrl?: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly stores: readonly StoreConfig[];
  readonly storeSecrets: readonly StoreSecret[];
  readonly relays: readonly RelayConfig[];
  readonly identity: IdentityConfig;
  readonly transfers: z.output<typeof transfers>;
  readonly locations: z.output<typeof locations>;
  readonly limits: z.output<typeof limits>;
  readonly propertyProtection: PropertyProtection;
  readonly quotas: QuotasConfig;
  readonly cors: CorsRules;
  /** Absent: the default policy. */
  readonly policy?: Policy;
  readonly singleProcess: boolean;
  readonly checkpointUrl?: string;
  readonly tokenSigningKey?: string;
  readonly bootstrapAdminPassword?: string;
  /** The password, or the application credential's secret, with which this service authenticates to Keystone. */
  readonly keystoneSecret?: string;
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: readonly string[] };

const keystoneSecretOf = (v: z.output<typeof settings>): string | undefined =>
  v.IDENTITY.mode === "keystone" && v.IDENTITY.applicationCredentialId
    ? v.KEYSTONE_APPLICATION_CREDENTIAL_SECRET
    : v.KEYSTONE_PASSWORD;

const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as never;

/** Reads every var and secret. Reports everything that is wrong at once, by name and never by value. */
export function readConfig(env: Env): ConfigResult {
  const parsed = settings.safeParse(env, { error: inWords });
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map((i) => `${i.path.join(".")} ${i.message}`) };
  const v = parsed.data;
  return {
    ok: true,
    config: {
      logLevel: v.LOG_LEVEL,
      stores: v.STORES,
      storeSecrets: v.STORE_SECRETS,
      relays: relayConfigs(v),
      identity: v.IDENTITY,
      transfers: v.TRANSFERS,
      locations: v.LOCATIONS,
      limits: v.LIMITS,
      propertyProtection: protectionOf(v.PROPERTY_PROTECTION),
      quotas: v.QUOTAS,
      cors: v.CORS,
      singleProcess: v.SINGLE_PROCESS,
      ...(defined({
        policy: policyOf(v.POLICY),
        publicUrl: v.PUBLIC_URL?.replace(/\/+$/, ""),
        checkpointUrl: v.CHECKPOINT_URL,
        tokenSigningKey: v.TOKEN_SIGNING_KEY,
        bootstrapAdminPassword: v.BOOTSTRAP_ADMIN_PASSWORD,
        keystoneSecret: keystoneSecretOf(v),
      }) as Partial<Config>),
    },
  };
}

const seen = new WeakMap<Env, ConfigResult>();

/** `readConfig`, once per isolate. */
export function configOf(env: Env): ConfigResult {
  const known = seen.get(env);
  if (known) return known;
  const result = readConfig(env);
  seen.set(env, result);
  return result;
}
