import { resolve } from "node:path";
import { z } from "zod";
import { secretFromFile } from "../relay/secret-file.ts";

/** Without a user, a query or a fragment, as the worker requires. */
const url = z.url({ protocol: /^https?$/ }).regex(/^[^@?#]*$/, "has more than an address");

/** Settings of mode "keystone" only. The worker holds the defaults (src/env-identity.ts). */
const keystone = {
  auth_url: url.optional(),
  public_auth_url: url.optional(),
  username: z.string().min(1).optional(),
  user_domain_id: z.string().min(1).optional(),
  user_domain_name: z.string().min(1).optional(),
  project_name: z.string().min(1).optional(),
  project_domain_id: z.string().min(1).optional(),
  project_domain_name: z.string().min(1).optional(),
  application_credential_id: z.string().min(1).optional(),
  secret_file: z.string().optional(),
  service_roles: z.array(z.string().min(1)).optional(),
  cache_seconds: z.number().min(0).max(60).optional(),
  timeout_seconds: z.number().positive().max(60).optional(),
};

export const identitySection = z.strictObject({
  mode: z.enum(["embedded", "keystone", "none"]).default("embedded"),
  token_seconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .optional(),
  region: z.string().optional(),
  allow_anyone: z.boolean().default(false),
  ...keystone,
});

export type IdentitySection = z.output<typeof identitySection>;

/** The worker's `IDENTITY`, under the names that the file uses. */
export function identityOf(identity: IdentitySection): Record<string, unknown> {
  const { mode, token_seconds, region, allow_anyone, secret_file, ...more } = identity;
  if (mode === "none") return { mode, ...(allow_anyone ? { allow_anyone } : {}) };
  const common = { mode, ...(region === undefined ? {} : { region }) };
  if (mode === "keystone") return { ...common, ...more };
  return { ...common, ...(token_seconds === undefined ? {} : { token_seconds }) };
}

/** The name under which the worker expects this secret; it differs by kind. */
export const secretNameOf = ({ application_credential_id }: IdentitySection): string =>
  application_credential_id === undefined ? "KEYSTONE_PASSWORD" : "KEYSTONE_APPLICATION_CREDENTIAL_SECRET";

/**
 * The secret with which this service authenticates to Keystone: the content of `secret_file`, relative to `folder`, or
 * the value from the environment. Adds what is wrong to `problems`.
 */
export function keystoneSecret(
  identity: IdentitySection,
  from: { readonly folder: string; readonly environment: string | undefined },
  problems: string[],
): string | undefined {
  if (identity.mode !== "keystone") {
    for (const name of Object.keys(keystone))
      if (name in identity) problems.push(`identity.${name}: only mode "keystone" has it`);
    return undefined;
  }
  const { auth_url, username, project_name, application_credential_id, secret_file } = identity;
  if (!auth_url) problems.push("identity.auth_url: is missing");
  const named =
    application_credential_id === undefined ? [username, project_name] : [application_credential_id];
  const both = application_credential_id !== undefined && (username ?? project_name) !== undefined;
  if (both || named.includes(undefined))
    problems.push("identity: needs either username and project_name, or application_credential_id");
  const secret =
    secret_file === undefined
      ? from.environment
      : secretFromFile(resolve(from.folder, secret_file), "identity.secret_file", problems);
  if (secret === undefined)
    problems.push("identity.secret_file: is missing, and GLIMPSE_KEYSTONE_SECRET is not set either");
  else if (secret === "") problems.push("identity.secret_file: there is no secret in it");
  return secret;
}
