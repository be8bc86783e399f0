import type { Caller } from "../domain/caller.ts";
import type { Config, Env, KeystoneConfig } from "../env.ts";
import { keystoneClientOf } from "./keystone-client.ts";
import { KeystoneTokens } from "./keystone-tokens.ts";

/** The tokens of a request: `X-Auth-Token`, and `X-Service-Token` where a service acts for the user. */
export interface RequestTokens {
  readonly user: string | undefined;
  readonly service: string | undefined;
}

/** One for each Keystone that is configured, which in an isolate is one. */
const known = new WeakMap<KeystoneConfig, KeystoneTokens>();

/**
 * Whom the tokens name, by Keystone; undefined when one of them is not good. As with Keystone's own middleware an
 * expired user token is good when a service token with a role of `serviceRoles` comes along, so that a service can
 * finish what the user began (spec/image-api-v2.md section 2.1).
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

/** `WWW-Authenticate` of a 401: where clients get a token. */
export const keystoneChallenge = ({ publicAuthUrl, authUrl }: KeystoneConfig): string =>
  `Keystone uri="${publicAuthUrl ?? authUrl}"`;
