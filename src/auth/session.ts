import { type Standing, standingOf } from "../db/identity/standing.ts";
import type { Caller } from "../domain/caller.ts";
import { expandRoles } from "./roles.ts";
import { SessionCache } from "./session-cache.ts";
import { type Claims, openToken } from "./token.ts";

/** The only domain. */
export const DOMAIN_ID = "default";
export const DOMAIN_NAME = "Default";

/** A valid token's session. */
export interface Session {
  readonly caller: Caller;
  readonly claims: Claims;
  /** True if an application credential made it that may not create or delete others. */
  readonly restricted: boolean;
}

/** What is needed to validate a token. */
export interface TokenGround {
  readonly db: D1Database;
  readonly signingKey: string;
}

const sessions = new SessionCache<Session>();

/**
 * Every write to the identity tables must lead to this, so that it takes effect at once in this isolate; other isolates
 * take seconds. Where the database reports its writes, it does so itself.
 */
export const forgetSessions = (): void => sessions.clear();

/**
 * The tables of which sessions are made. No trigger and no foreign key leads to them from another table
 * (home/home-sessions.test.ts), so a statement that names none of them changes none of them.
 */
const OF_SESSIONS = /\b(users|projects|roles|role_assignments|application_credentials|revoked_tokens)\b/i;

/**
 * The catalogue was, or may have been, written by these statements. Called at the moment of the write, in its isolate:
 * a request that is cut off after its write says nothing of it.
 */
export function identityWritten(statements: readonly { readonly sql: string }[]): void {
  if (statements.some(({ sql }) => OF_SESSIONS.test(sql))) forgetSessions();
}

/**
 * The session of a token; undefined if the token is forged, expired or revoked, or if its user, project or roles are
 * gone.
 */
export function sessionOf(ground: TokenGround, token: string): Promise<Session | undefined> {
  return sessions.get(token, async () => {
    const now = Date.now();
    const claims = await openToken(ground.signingKey, token, now);
    return claims && sessionFrom(ground.db, claims, now);
  });
}

/** The session that these claims give now; undefined in the same cases as for `sessionOf`. */
export async function sessionFrom(db: D1Database, claims: Claims, now: number): Promise<Session | undefined> {
  const standing = await standingOf(db, claims);
  return standing && judge(claims, standing, now);
}

/**
 * The session that a genuine, unexpired token still gives. A scoped token gives none without a role on its project.
 */
export function judge(claims: Claims, standing: Standing, now: number): Session | undefined {
  const { project, credential } = standing;
  if (standing.revoked || !standing.userEnabled || claims.issuedAt <= standing.userVoidUntil)
    return undefined;
  let roles: readonly string[] = [];
  if (claims.projectId !== null) {
    if (!project?.enabled || claims.issuedAt <= project.voidUntil) return undefined;
    roles = expandRoles(standing.roles);
  }
  if (claims.applicationCredentialId !== null) {
    if (!credential || (credential.expiresAt !== null && credential.expiresAt <= now)) return undefined;
    const lent = expandRoles(credential.roles);
    roles = roles.filter((role) => lent.includes(role));
  }
  if (claims.projectId !== null && roles.length === 0) return undefined;
  return {
    claims,
    restricted: credential !== null && !credential.unrestricted,
    caller: {
      userId: claims.userId,
      projectId: claims.projectId,
      domainId: DOMAIN_ID,
      roles,
      serviceRoles: [],
      expiresAt: Math.min(claims.expiresAt, credential?.expiresAt ?? Number.POSITIVE_INFINITY),
    },
  };
}
