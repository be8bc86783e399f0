import { resolve } from "node:path";
import { z } from "zod";
import { secretFromFile } from "../relay/secret-file.ts";
import { bucketName, endpoint, hasSecret, type StoreSecret } from "../src/env-stores.ts";
import { containerName, referenceName, swiftBytes, swiftUserProblem } from "../src/env-swift.ts";
import { ADDRESSING } from "../src/stores/s3-address.ts";

const MiB = 1024 * 1024;

/** Files with the credentials of a store. The worker gets only their content, as a secret. */
const secretFiles = { secret_file: z.string().optional(), session_token_file: z.string().optional() };

const name = z.string().min(1, "is empty");

/** The worker holds the defaults (src/env-stores.ts). */
export const s3Section = {
  type: z.literal("s3"),
  endpoint,
  bucket: bucketName,
  region: z.string().min(1).optional(),
  addressing: z.enum(ADDRESSING).optional(),
  access_key_id: z.string().min(1, "is empty"),
  ...secretFiles,
  threshold_bytes: z
    .int()
    .min(5 * MiB)
    .max(5 * 1024 * MiB)
    .optional(),
  part_bytes: z
    .int()
    .min(5 * MiB)
    .max(16 * MiB)
    .optional(),
  create_bucket: z.boolean().optional(),
  answer_seconds: z.number().positive().max(600).optional(),
  idle_seconds: z.number().positive().max(600).optional(),
  patience_seconds: z.number().min(0).max(600).optional(),
};

/** The worker holds the defaults (src/env-swift.ts). */
export const swiftSection = {
  type: z.literal("swift"),
  auth_version: z.literal([1, 3]).optional(),
  auth_url: endpoint,
  user: name.optional(),
  user_domain_id: name.optional(),
  user_domain_name: name.optional(),
  project_name: name.optional(),
  project_domain_id: name.optional(),
  project_domain_name: name.optional(),
  application_credential_id: name.optional(),
  secret_file: secretFiles.secret_file,
  region: name.optional(),
  interface: z.enum(["public", "internal", "admin"]).optional(),
  endpoint: endpoint.optional(),
  reference: referenceName.optional(),
  container: containerName.optional(),
  container_seed: z.int().min(0).max(32, "is more than the 32 characters of an id").optional(),
  create_container: z.boolean().optional(),
  large_object_bytes: swiftBytes.optional(),
  segment_bytes: swiftBytes.optional(),
  answer_seconds: z.number().positive().max(600).optional(),
  idle_seconds: z.number().positive().max(600).optional(),
};

interface SwiftOfSettings {
  readonly auth_version?: 1 | 3 | undefined;
  readonly user?: string | undefined;
  readonly project_name?: string | undefined;
  readonly application_credential_id?: string | undefined;
}

/** Rules that involve several fields. */
export function checkSwiftUser(store: SwiftOfSettings, context: z.RefinementCtx): void {
  const problem = swiftUserProblem({
    version: store.auth_version ?? 3,
    user: store.user,
    project: store.project_name,
    applicationCredential: store.application_credential_id,
  });
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
}

export interface StoreOfSettings {
  readonly id: string;
  readonly type: string;
  readonly secret_file?: string | undefined;
  readonly session_token_file?: string | undefined;
}

/** The stores of a file that may be wrong elsewhere, as far as their ids can be read. */
export function storesOf(file: { readonly stores?: unknown }): StoreOfSettings[] {
  const { stores } = z.object({ stores: z.array(z.unknown()) }).safeParse(file).data ?? { stores: [] };
  return stores.flatMap((store) => {
    const known = storeOfSettings.safeParse(store);
    return known.success ? [known.data] : [];
  });
}

const storeOfSettings = z.looseObject({ id: z.string(), type: z.string(), ...secretFiles });

/** What the worker is told of a store; it gets the secrets separately. */
export const withoutSecretFiles = <S extends object>(store: S): Omit<S, keyof typeof secretFiles> => {
  const { secret_file: _, session_token_file: __, ...rest } = store as S & Partial<StoreOfSettings>;
  return rest as Omit<S, keyof typeof secretFiles>;
};

/** Settings that only the worker uses: a relay sends everything in parts of its own. */
const WORKERS = ["threshold_bytes", "large_object_bytes", "segment_bytes"];

/**
 * A store of the worker's as the relay is told of it, so that the relay can carry its bytes. It goes into the relay's
 * settings file, with the secret.
 */
export function carriedStore(store: StoreOfSettings, secrets: readonly StoreSecret[]): object {
  const told = Object.entries(withoutSecretFiles(store)).filter(([name]) => !WORKERS.includes(name));
  const { secret = "", sessionToken } = secrets.find((known) => known.store === store.id) ?? {};
  return {
    ...Object.fromEntries(told),
    secret,
    ...(sessionToken === undefined ? {} : { session_token: sessionToken }),
  };
}

/** `GLIMPSE_STORE_SECRET_MY_S3` for the store `my-s3`. */
const variable = (what: string, id: string) =>
  `GLIMPSE_STORE_${what}_${id.replaceAll(/[^A-Za-z0-9]/g, "_").toUpperCase()}`;

/**
 * The secrets of the stores: the content of each store's secret files, relative to `folder`, or the values from the
 * environment. Adds what is wrong to `problems`.
 */
export function storeSecrets(
  stores: readonly StoreOfSettings[],
  from: { readonly folder: string; readonly environment: Readonly<Record<string, string | undefined>> },
  problems: string[],
): StoreSecret[] {
  return stores.filter(hasSecret).map(({ id, secret_file, session_token_file }) => {
    const read = (file: string | undefined, field: string, what: string) => {
      const name = `stores.${id}.${field}`;
      if (file !== undefined) return secretFromFile(resolve(from.folder, file), name, problems);
      return from.environment[variable(what, id)];
    };
    const secret = read(secret_file, "secret_file", "SECRET");
    const sessionToken = read(session_token_file, "session_token_file", "SESSION_TOKEN");
    if (secret === undefined)
      problems.push(`stores.${id}.secret_file: is missing, and ${variable("SECRET", id)} is not set either`);
    else if (secret === "") problems.push(`stores.${id}.secret_file: there is no secret in it`);
    return { store: id, secret: secret ?? "", ...(sessionToken ? { sessionToken } : {}) };
  });
}
