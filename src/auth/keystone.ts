import type { Caller } from "../domain/caller.ts";
import type { Config, Env, KeystoneConfig } from "../env.ts";
import { keystoneClientOf } from "./keystone-client.ts";
import { KeystoneTokens } from "./keystone-tokens.ts";

/** The tokens of a request: `X-Auth-Token`, and `X-Service-Token` if a service acts for the user. */
export interface RequestTokens {
  readonly user: string | undefined;
  readonly service: string | undefined;
}

/** One entry for each configured Keystone, of which an isolate has one. */
const known = new WeakMap<KeystoneConfig, KeystoneTokens>();

/**
 * The caller that the tokens identify, according to Keystone; undefined if one of them is not valid. As in Keystone's
 * own middleware, an expired user token is accepted together with a service token that has a role of `serviceRoles`, so
 * that a service can finish what the user began (spec/image-api-v2.md section 2.1).
 */
export async function keystoneCaller(
  env: Env,
  config: Config,
  given: RequestTokens,
): Promise<Caller | undefined> {
  const { identity } = config;
  const client = keystoneClientOf(config, env);
  if (identity.mode !== "keystone" || !client || !given.user) return undefined;
  const tokens = known.get(identity) ?? new KeystoneTokens(client, identity.cacheSeconds);
  known.set(identity, tokens);
  const service = given.service ? await tokens.find(given.service, false) : undefined;
  if (given.service && !service) return undefined;
  const serviceRoles = service?.roles ?? [];
  const allowExpired = serviceRoles.some((role) => identity.serviceRoles.includes(role));
  const user = await tokens.find(given.user, allowExpired);
  return user && { ...user, serviceRoles };
}

/** `WWW-Authenticate` of a 401, which says where to get a token. */
export const keystoneChallenge = ({ publicAuthUrl, authUrl }: KeystoneConfig): string =>
  `Keystone uri="${publicAuthUrl ?? authUrl}"`;
