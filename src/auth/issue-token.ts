import { findProject } from "../db/identity/projects.ts";
import { type Identified, identify, notAuthenticated, type Proof } from "./login.ts";
import { type Session, sessionFrom, type TokenGround } from "./session.ts";
import { type Claims, newAuditId, sealToken } from "./token.ts";

/** The scope that a token is requested for. None: the user's default project, or else no project. */
export type Scope =
  | { readonly kind: "default" }
  | { readonly kind: "unscoped" }
  | { readonly kind: "project"; readonly project: { readonly id: string } | { readonly name: string } };

export interface Issued {
  readonly token: string;
  readonly session: Session;
}

/**
 * Issues a token for a proof of identity and a scope. Rejects `unauthorized` for a wrong proof, a disabled user, and a
 * project that is unknown, disabled or where the user has no role: like Keystone, without saying which.
 */
export async function issueToken(
  ground: TokenGround,
  asked: { readonly proof: Proof; readonly scope: Scope; readonly seconds: number },
): Promise<Issued> {
  const who = await identify(ground, asked.proof);
  for (const projectId of await projectsFor(ground.db, who, asked.scope)) {
    const now = Date.now();
    const claims = claimsOf(who, projectId, now, asked.seconds);
    const session = claims.expiresAt > now && (await sessionFrom(ground.db, claims, now));
    if (session) return { token: await sealToken(ground.signingKey, claims), session };
  }
  throw notAuthenticated();
}

/** The projects to try for a scope; the first that gives a session is used. Null stands for no project. */
async function projectsFor(db: D1Database, who: Identified, scope: Scope): Promise<(string | null)[]> {
  const asked = scope.kind === "project" ? await idOf(db, scope.project) : null;
  if (who.credential) {
    const fits = scope.kind === "default" || asked === who.credential.projectId;
    return fits ? [who.credential.projectId] : [];
  }
  if (scope.kind === "project") return asked === null ? [] : [asked];
  if (scope.kind === "unscoped" || who.defaultProjectId === null) return [null];
  return [who.defaultProjectId, null];
}

const idOf = async (db: D1Database, project: { id: string } | { name: string }): Promise<string | null> =>
  "id" in project ? project.id : ((await findProject(db, project))?.id ?? null);

function claimsOf(who: Identified, projectId: string | null, now: number, seconds: number): Claims {
  const auditId = newAuditId();
  return {
    userId: who.userId,
    projectId,
    issuedAt: now,
    expiresAt: Math.min(now + seconds * 1000, who.parent?.expiresAt ?? Number.POSITIVE_INFINITY),
    auditId,
    auditChainId: who.parent?.auditChainId ?? auditId,
    methods: who.methods,
    applicationCredentialId: who.credential?.id ?? null,
  };
}
