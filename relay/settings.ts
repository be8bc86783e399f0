import { parse } from "smol-toml";
import { z } from "zod";
import type { SigningKey } from "../protocol/signing.ts";
import { type FrontSettings, frontSections, frontSettings } from "./front-settings.ts";
import { s3Store, swiftStore, withSecrets } from "./object-settings.ts";
import { type Surroundings, secretIn } from "./secret-settings.ts";

export { isWorldReadable } from "./secret-file.ts";

/** The relay's settings, checked. */
export interface RelaySettings extends FrontSettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /** The keys with which the edge may sign: two during a rotation. */
  readonly keys: readonly SigningKey[];
  readonly stores: readonly RelayStoreSettings[];
  /** How far the edge's clock may differ from ours. */
  readonly clockSeconds: number;
  /** A client that neither sends nor takes anything for this long is gone. */
  readonly idleSeconds: number;
  /** How long running requests may go on when the relay is told to end. */
  readonly shutdownSeconds: number;
  /** Tests only (checkpoint.ts). */
  readonly checkpointUrl?: string;
}

export type RelayStoreSettings = z.output<typeof store>;

export type SettingsResult =
  | { ok: true; settings: RelaySettings }
  | { ok: false; problems: readonly string[] };

const SECRET_CHARS = 32;

const path = z
  .string()
  .regex(/^\/[^\0]*[^/\0]$/, "is not an absolute path without a slash at its end")
  .refine((text) => !/\/(\.{0,2})\//.test(`${text}/`), "has an empty, '.' or '..' part");

const id = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not 1 to 64 letters, digits, '_', '.', '-'");

/** Nothing is written to or removed from a read-only store, whoever asks. */
const storeBase = { id, read_only: z.boolean().optional() };

const store = z.discriminatedUnion("type", [
  z.strictObject({ ...storeBase, type: z.literal("file"), path }),
  z.strictObject({
    ...storeBase,
    type: z.literal("rbd"),
    fsid: z.guid("is not the fsid of a cluster, as `ceph fsid` prints it").lowercase("is not in lower case"),
    pool: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not the name of a pool: letters, digits, '_', '.', '-'")
      .default("images"),
    conf: path.default("/etc/ceph/ceph.conf"),
    user: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not a user's name, without client.")
      .default("glance"),
    timeout_seconds: z.number().min(1).max(600).default(30),
  }),
  z.strictObject({ ...storeBase, type: z.literal("memory") }),
  z.strictObject({ ...storeBase, ...s3Store }),
  z.strictObject({ ...storeBase, ...swiftStore }),
]);

const key = z.strictObject({
  id,
  secret: z.string().optional(),
  secret_file: z.string().optional(),
  secret_env: z.string().optional(),
});

const seconds = z.number().positive();

const sections = z.strictObject({
  listen: z
    .strictObject({ host: z.string().default("127.0.0.1"), port: z.int().min(0).max(65_535).default(9393) })
    .prefault({}),
  log_level: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  clock_seconds: seconds.max(3600).default(60),
  idle_seconds: seconds.default(300),
  shutdown_seconds: seconds.default(60),
  keys: z.array(key).min(1, "names no key").max(2, "names more than two keys"),
  stores: z.array(store).default([]),
  ...frontSections,
});

/** Checked even if a section is wrong, so that all mistakes are reported together. */
const schema = sections.refine(({ stores, front_door }) => stores?.length !== 0 || front_door !== undefined, {
  path: ["stores"],
  message: "names no store, and there is no front_door",
  when: () => true,
});

/** Reads the settings from a TOML text. Reports everything that is wrong at once, but never a secret. */
export function readSettings(text: string, around: Surroundings): SettingsResult {
  const { env } = around;
  let document: Record<string, unknown>;
  try {
    document = parse(text);
  } catch (error) {
    return { ok: false, problems: [error instanceof Error ? error.message : String(error)] };
  }
  const parsed = schema.safeParse(withEnvironment(document, env));
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`) };
  const { listen, log_level, clock_seconds, idle_seconds, shutdown_seconds, keys, stores } = parsed.data;
  const pools = stores.flatMap((store) =>
    store.type === "rbd" ? [{ id: `the pool ${store.pool} of ${store.fsid}` }] : [],
  );
  const problems = [...twice("keys", keys), ...twice("stores", stores), ...twice("stores", pools)];
  const front = frontSettings(parsed.data, problems);
  const secrets = keys.map((entry, i) => ({
    id: entry.id,
    secret: secretOf(entry, `keys.${i}`, around, problems),
  }));
  const opened = stores.map((store, i) => withSecrets(store, `stores.${i}`, around, problems));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    settings: {
      listen,
      logLevel: log_level,
      clockSeconds: clock_seconds,
      idleSeconds: idle_seconds,
      shutdownSeconds: shutdown_seconds,
      keys: secrets,
      stores: opened,
      ...front,
      ...(env.GLIMPSE_CHECKPOINT_URL ? { checkpointUrl: env.GLIMPSE_CHECKPOINT_URL } : {}),
    },
  };
}

/** The environment overrides where to listen and how much to log. */
function withEnvironment(
  document: Record<string, unknown>,
  env: Surroundings["env"],
): Record<string, unknown> {
  const { GLIMPSE_RELAY_HOST: host, GLIMPSE_RELAY_PORT: port, GLIMPSE_RELAY_LOG_LEVEL: level } = env;
  const listen = {
    ...(document.listen as object),
    ...(host ? { host } : {}),
    ...(port ? { port: Number(port) } : {}),
  };
  return { ...document, listen, ...(level ? { log_level: level } : {}) };
}

function secretOf(entry: z.output<typeof key>, at: string, around: Surroundings, problems: string[]): string {
  const { secret: value, secret_file: file, secret_env: env } = entry;
  const secret = secretIn({ value, file, env }, "secret", at, around, problems);
  if (secret !== "" && secret.length < SECRET_CHARS)
    problems.push(`${at}: the secret is shorter than ${SECRET_CHARS} characters`);
  return secret;
}

const twice = (what: string, entries: readonly { id: string }[]): string[] =>
  entries
    .filter(({ id }, i) => entries.findIndex((other) => other.id === id) !== i)
    .map(({ id }) => `${what}: ${id} is there twice`);
