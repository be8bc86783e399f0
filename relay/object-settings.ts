import { z } from "zod";
import { ADDRESSING } from "../src/stores/s3-address.ts";
import { type Surroundings, secretIn } from "./secret-settings.ts";

const MiB = 1024 * 1024;

const endpoint = z.url({ protocol: /^https?$/ }).regex(/^[^@?#]*$/, "has more than an address and a path");
const name = z.string().min(1, "is empty");
const seconds = (most: number) => z.number().min(0).max(most);

/** Exactly one of these gives the store's credential. */
const secret = { secret: name.optional(), secret_file: name.optional(), secret_env: name.optional() };

/** Raised where an image's length requires it. */
const partBytes = z
  .int()
  .min(5 * MiB)
  .max(90 * MiB)
  .default(16 * MiB);

/** A bucket that is also a store of type `s3` at the edge. */
export const s3Store = {
  type: z.literal("s3"),
  endpoint,
  bucket: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, "is not the name of a bucket"),
  region: name.default("auto"),
  addressing: z.enum(ADDRESSING).default("auto"),
  access_key_id: name,
  ...secret,
  session_token: name.optional(),
  session_token_file: name.optional(),
  session_token_env: name.optional(),
  part_bytes: partBytes,
  create_bucket: z.boolean().default(false),
  answer_seconds: seconds(600).default(60),
  idle_seconds: seconds(600).default(60),
  patience_seconds: seconds(600).default(30),
};

/** Containers that are also a store of type `swift` at the edge. */
export const swiftStore = {
  type: z.literal("swift"),
  auth_version: z.literal([1, 3]).default(3),
  auth_url: endpoint,
  user: name.optional(),
  user_domain_id: name.optional(),
  user_domain_name: name.optional(),
  project_name: name.optional(),
  project_domain_id: name.optional(),
  project_domain_name: name.optional(),
  application_credential_id: name.optional(),
  ...secret,
  region: name.optional(),
  interface: z.enum(["public", "internal", "admin"]).default("public"),
  endpoint: endpoint.optional(),
  reference: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "is not a reference")
    .default("ref1"),
  container: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, "is not the name of a container")
    .default("glance"),
  container_seed: z.int().min(0).max(32).default(0),
  part_bytes: partBytes,
  create_container: z.boolean().default(false),
  answer_seconds: seconds(600).default(30),
  idle_seconds: seconds(600).default(60),
};

export type S3Settings = Omit<z.output<z.ZodObject<typeof s3Store>>, `${string}_${"file" | "env"}`> & {
  readonly id: string;
};
export type SwiftSettings = Omit<z.output<z.ZodObject<typeof swiftStore>>, `${string}_${"file" | "env"}`> & {
  readonly id: string;
};

/** Rules that involve several fields. */
function userProblems(store: Record<string, unknown>, at: string): string[] {
  const { application_credential_id, auth_version, project_name, user } = store;
  const isGiven = [user, project_name, application_credential_id].map((said) => said !== undefined).join();
  const good = auth_version === 1 ? ["true,false,false"] : ["true,true,false", "false,false,true"];
  if (good.includes(isGiven)) return [];
  return [
    auth_version === 1
      ? `${at}: needs a user, and neither project nor application credential, with version 1 of the authentication`
      : `${at}: needs either a user and a project, or an application credential`,
  ];
}

const FIELDS = ["secret", "session_token"] as const;

/** The store with its secrets, wherever they stood. Adds what is wrong to `problems`. */
export function withSecrets<S extends { readonly type: string }>(
  store: S,
  at: string,
  around: Surroundings,
  problems: string[],
): S {
  if (store.type !== "s3" && store.type !== "swift") return store;
  const given: Record<string, unknown> = { ...store };
  if (store.type === "swift") problems.push(...userProblems(given, at));
  for (const field of FIELDS) {
    const entry = {
      value: given[field] as string | undefined,
      file: given[`${field}_file`] as string | undefined,
      env: given[`${field}_env`] as string | undefined,
    };
    delete given[`${field}_file`];
    delete given[`${field}_env`];
    const isGiven = Object.values(entry).some((said) => said !== undefined);
    if (isGiven || field === "secret") given[field] = secretIn(entry, field, at, around, problems);
  }
  return given as S;
}
