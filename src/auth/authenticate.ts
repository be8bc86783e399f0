import type { Caller } from "../domain/caller.ts";
import { ServiceError } from "../domain/errors.ts";
import type { Config, Env } from "../env.ts";
import type { AppContext } from "../http/app-types.ts";
import { baseUrl } from "../http/base-url.ts";
import { keystoneCaller, keystoneChallenge } from "./keystone.ts";
import { expandRoles } from "./roles.ts";
import { DOMAIN_ID, type Session, sessionOf } from "./session.ts";

/** The caller of a request under /v2. Rejects `unauthorized` if tokens are required and this one is not valid. */
export async function authenticate(c: AppContext): Promise<Caller> {
  const caller = await callerOf(c);
  const { policy } = c.var.config;
  return policy ? { ...caller, policy } : caller;
}

async function callerOf(c: AppContext): Promise<Caller> {
  const { identity } = c.var.config;
  if (identity.mode === "none") return administratorOf(identity.projectId);
  if (identity.mode === "keystone") return callerByKeystone(c);
  const { caller } = await sessionOfRequest(c);
  const serviceToken = c.req.header("x-service-token");
  if (!serviceToken) return caller;
  const service = await sessionOf(tokenGround(c.env, c.var.config), serviceToken);
  if (!service) throw unauthorized(c);
  return { ...caller, serviceRoles: service.caller.roles };
}

async function callerByKeystone(c: AppContext): Promise<Caller> {
  const given = { user: c.req.header("x-auth-token"), service: c.req.header("x-service-token") };
  const caller = await keystoneCaller(c.env, c.var.config, given);
  if (!caller) throw unauthorized(c);
  return caller;
}

/** The session of the request's `X-Auth-Token`, with embedded identity. Rejects `unauthorized`. */
export async function sessionOfRequest(c: AppContext): Promise<Session> {
  const token = c.req.header("x-auth-token");
  const session = token && (await sessionOf(tokenGround(c.env, c.var.config), token));
  if (!session) throw unauthorized(c);
  return session;
}

export const tokenGround = (env: Env, config: Config) => ({
  db: env.DB,
  // With embedded identity, a configuration without a signing key is refused (env.ts).
  signingKey: config.tokenSigningKey ?? "",
});

const unauthorized = (c: AppContext): ServiceError =>
  new ServiceError("unauthorized", "The request you have made requires authentication.", {
    headers: { "www-authenticate": challenge(c) },
  });

const challenge = (c: AppContext): string => {
  const { identity } = c.var.config;
  return identity.mode === "keystone" ? keystoneChallenge(identity) : `Keystone uri="${baseUrl(c)}/identity"`;
};

/** Identity `none`: every caller may do everything. */
const administratorOf = (projectId: string): Caller => ({
  userId: "admin",
  projectId,
  domainId: DOMAIN_ID,
  roles: expandRoles(["admin"]),
  serviceRoles: [],
  expiresAt: Number.POSITIVE_INFINITY,
});
