import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { corsSection } from "../relay/cors-settings.ts";
import { inWords } from "../src/domain/in-words.ts";
import { policyOverrides } from "../src/env-policy.ts";
import { propertyProtection } from "../src/env-property-protection.ts";
import { rbdPool } from "../src/env-rules.ts";
import { problemsOfSet } from "../src/env-store-set.ts";
import type { StoreSecret } from "../src/env-stores.ts";
import { isAllowEntry } from "../src/stores/http-address.ts";
import { asVars } from "./as-vars.ts";
import { identitySection, keystoneSecret } from "./identity-settings.ts";
import { quotas } from "./quota-settings.ts";
import {
  checkSwiftUser,
  type StoreOfSettings,
  s3Section,
  storeSecrets,
  storesOf,
  swiftSection,
} from "./store-settings.ts";

const port = z.int("is not a port: a number from 1 to 65535").min(1).max(65_535);

const storeBase = {
  id: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not a store id: letters, digits, '_', '.', '-', at most 64")
    .regex(/^(?!os_glance_)/, "starts with the reserved os_glance_"),
  description: z.string().optional(),
  weight: z.int().optional(),
  default: z.boolean().optional(),
  read_only: z.boolean().optional(),
};

/** How the relay reaches the cluster. The path is relative to the settings file. */
const rbdClient = {
  conf: z.string().min(1).default("/etc/ceph/ceph.conf"),
  user: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not a user's name, without client.")
    .default("glance"),
  timeout_seconds: z.number().min(1).max(600).default(30),
};

const sections = z.strictObject({
  server: z
    .strictObject({
      host: z.string().default("127.0.0.1"),
      port: port.default(9292),
      data_dir: z.string().default("glimpse-data"),
      log_level: z.enum(["debug", "info", "warn", "error"]).default("info"),
      public_url: z.url({ protocol: /^https?$/ }).optional(),
      tls_cert: z.string().optional(),
      tls_key: z.string().optional(),
      trusted_proxies: z.array(z.string()).default([]),
      max_connections: z.int().positive().default(1000),
    })
    .prefault({}),
  worker: z.strictObject({ port: z.union([z.literal(0), port]).default(0) }).prefault({}),
  identity: identitySection.prefault({}),
  relay: z.strictObject({ port: z.union([z.literal(0), port]).default(0) }).prefault({}),
  cache: z.strictObject({ path: z.string().default("cache"), max_bytes: z.int().positive() }).optional(),
  metrics: z.strictObject({ host: z.string().default("127.0.0.1"), port }).optional(),
  stores: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ ...storeBase, type: z.literal("file"), path: z.string().default("images") }),
        z.strictObject({ ...storeBase, type: z.literal("r2") }),
        z.strictObject({ ...storeBase, type: z.literal("rbd"), ...rbdPool, ...rbdClient }),
        z.strictObject({
          ...storeBase,
          type: z.literal("http"),
          allow: z.array(z.string().refine(isAllowEntry, "is no host name, address or network")).default([]),
          ports: z.array(port).min(1, "allows no port").optional(),
        }),
        z.strictObject({ ...storeBase, ...s3Section }),
        z.strictObject({ ...storeBase, ...swiftSection }).superRefine(checkSwiftUser),
      ]),
    )
    .min(1, "names no store")
    .default([
      { id: "file", type: "file", path: "images" },
      { id: "r2", type: "r2" },
    ]),
  transfers: z
    .strictObject({
      lease_seconds: z.number().positive().optional(),
      heartbeat_seconds: z.number().positive().optional(),
      stall_seconds: z.number().positive().optional(),
      late_writer_seconds: z.number().positive().optional(),
      part_bytes: z
        .int()
        .min(5 * 1024 * 1024)
        .max(16 * 1024 * 1024)
        .optional(),
      hash_algo: z.enum(["sha256", "sha384", "sha512"]).optional(),
    })
    .refine(
      ({ lease_seconds = 60, heartbeat_seconds = 15 }) => heartbeat_seconds * 2 <= lease_seconds,
      "heartbeat_seconds must be at most half of lease_seconds",
    )
    .prefault({}),
  locations: z
    .strictObject({
      show_multiple_locations: z.boolean().optional(),
      show_image_direct_url: z.boolean().optional(),
      do_secure_hash: z.boolean().optional(),
      hash_retries: z.int().min(0).max(20).optional(),
      slice_bytes: z.int().min(1024).optional(),
      run_seconds: z.number().min(0).max(600).optional(),
    })
    .prefault({}),
  policy: policyOverrides.optional(),
  limits: z
    .strictObject({
      image_size_cap_bytes: z.int().positive().optional(),
      image_property_quota: z.int().min(-1).optional(),
      image_tag_quota: z.int().min(-1).optional(),
      image_member_quota: z.int().min(-1).optional(),
      image_location_quota: z.int().min(-1).optional(),
      list_limit_default: z.int().positive().optional(),
      list_limit_max: z.int().positive().optional(),
    })
    .refine(
      ({ list_limit_default = 25, list_limit_max = 1000 }) => list_limit_default <= list_limit_max,
      "list_limit_default must be at most list_limit_max",
    )
    .prefault({}),
  property_protection: propertyProtection.optional(),
  quotas: quotas.prefault({}),
  cors: corsSection.prefault({}),
});

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/;

export type FileStore = Extract<Settings["stores"][number], { type: "file" }>;

/** Where a file store's images are: the relay writes there, and the worker builds location URLs from it. */
export const storePath = (settings: Pick<Settings, "server">, store: FileStore): string =>
  resolve(settings.server.data_dir, store.path);

export type Settings = z.output<typeof sections> & {
  /** The password, or the application credential's secret, with which the worker authenticates to Keystone. */
  readonly keystoneSecret?: string;
  readonly storeSecrets: readonly StoreSecret[];
};

/**
 * The problems that the worker would report. Whether directories differ is checked later, when their paths are known.
 */
const problemsOfStores = (stores: readonly StoreOfSettings[]): string[] =>
  problemsOfSet(stores.map((store) => ({ ...store, ...asVars(store), id: store.id, type: store.type }))).map(
    (problem) => `stores: ${problem}`,
  );

/** Rules across sections are checked even if a section is wrong, so that all mistakes are reported together. */
const schema = sections
  .refine(
    ({ identity, server }) =>
      identity?.mode !== "none" || identity.allow_anyone || LOOPBACK.test(server?.host),
    {
      path: ["identity", "mode"],
      message: `"none" lets anyone in, so server.host must be a loopback address (or set identity.allow_anyone)`,
      when: () => true,
    },
  )
  .refine(({ identity, quotas }) => !quotas?.use_keystone_limits || identity?.mode === "keystone", {
    path: ["quotas", "use_keystone_limits"],
    message: `needs identity.mode = "keystone"`,
    when: () => true,
  })
  .refine(({ relay, server }) => !relay?.port || relay.port !== server?.port, {
    path: ["relay", "port"],
    message: "is the port of the server",
    when: () => true,
  })
  .refine(
    ({ relay, server, worker }) => !worker?.port || ![server?.port, relay?.port].includes(worker.port),
    {
      path: ["worker", "port"],
      message: "is the port of the server, or of the relay",
      when: () => true,
    },
  )
  .refine(({ server }) => (server?.tls_cert === undefined) === (server?.tls_key === undefined), {
    path: ["server", "tls_cert"],
    message: "and tls_key go together",
    when: () => true,
  });

/** What the command line and the environment override in the file. */
export interface Overrides {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly keystoneSecret?: string | undefined;
  /** Where to look for secrets of stores that no file has. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Everything that is wrong with the settings, each with its name in the file. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Reads glimpse.toml (every key of which glimpse.example.toml explains), with the overrides on top. Paths in the file
 * are relative to the file, and `data_dir` comes back absolute. Rejects with all mistakes at once.
 */
export function readSettings(overrides: Overrides): Settings {
  const file = overrides.config ? parseFile(overrides.config) : {};
  const server = Object.fromEntries(
    Object.entries({
      host: overrides.host,
      port: numberIn(overrides.port),
      data_dir: overrides.dataDir === undefined ? undefined : resolve(overrides.dataDir),
      log_level: overrides.logLevel,
    }).filter(([, value]) => value !== undefined),
  );
  const given = file.server;
  const parsed = schema.safeParse(
    { ...file, server: { ...(given as object | undefined), ...server } },
    { error: inWords },
  );
  const base = overrides.config ? dirname(resolve(overrides.config)) : process.cwd();
  const stores = parsed.success ? parsed.data.stores : storesOf(file);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join(".") || "file"}: ${issue.message}`),
    ...problemsOfStores(stores),
  ];
  const environment = overrides.environment ?? {};
  const ofStores = storeSecrets(stores, { folder: base, environment }, problems);
  if (!parsed.success) throw new SettingsError(problems);
  const settings = parsed.data;
  const absolute = {
    ...settings,
    stores: settings.stores.map((store) =>
      store.type === "rbd" ? { ...store, conf: resolve(base, store.conf) } : store,
    ),
    server: {
      ...settings.server,
      data_dir: resolve(base, settings.server.data_dir),
      ...inFolder(base, { tls_cert: settings.server.tls_cert, tls_key: settings.server.tls_key }),
    },
  };
  problems.push(...sharedDirectories(absolute));
  const secret = keystoneSecret(
    absolute.identity,
    { folder: base, environment: overrides.keystoneSecret },
    problems,
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...absolute,
    storeSecrets: ofStores,
    ...(secret === undefined ? {} : { keystoneSecret: secret }),
  };
}

/** Makes the paths of named files absolute. */
const inFolder = (
  base: string,
  files: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) =>
      file === undefined ? [] : [[name, resolve(base, file)]],
    ),
  );

/** What is not a number stays as given, for the error message. */
const numberIn = (said: string | undefined) =>
  said !== undefined && /^\d+$/.test(said) ? Number(said) : said;

/** Two stores on one directory would each remove what the other is writing. */
function sharedDirectories(settings: Omit<Settings, "storeSecrets">): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const store of settings.stores) {
    if (store.type !== "file") continue;
    const path = storePath(settings, store);
    const real = existsSync(path) ? realpathSync(path) : path;
    const owner = owners.get(real);
    if (owner !== undefined) problems.push(`stores: ${owner} and ${store.id} are both in ${path}`);
    owners.set(real, store.id);
  }
  return problems;
}

function parseFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SettingsError([`${path}: ${(error as Error).message}`]);
  }
  try {
    return parse(text);
  } catch (error) {
    throw new SettingsError([`${path}: ${(error as Error).message.split("\n")[0]}`]);
  }
}
