import { findApplicationCredential } from "../db/identity/application-credentials.ts";
import { findUser, replacePasswordHash, type UserRow } from "../db/identity/users.ts";
import { ServiceError } from "../domain/errors.ts";
import { hashSecret, isOutdated } from "./password.ts";
import { proves } from "./secret-check.ts";
import { type Session, sessionOf, type TokenGround } from "./session.ts";

/** A user, by id or by name in the only domain. */
export type UserReference = { readonly id: string } | { readonly name: string };

/** How a user proves their identity. */
export type Proof =
  | { readonly method: "password"; readonly user: UserReference; readonly password: string }
  | { readonly method: "token"; readonly token: string }
  | {
      readonly method: "application_credential";
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: UserReference };
      readonly secret: string;
    };

/** The user that a proof identified, and what the new token inherits. */
export interface Identified {
  readonly userId: string;
  readonly methods: readonly string[];
  readonly defaultProjectId: string | null;
  /** The token that served as proof. The new token expires when it does. */
  readonly parent: Session["claims"] | null;
  /** The application credential that served as proof; its tokens are valid for its project alone. */
  readonly credential: { readonly id: string; readonly projectId: string } | null;
}

/** The same answer for every reason, so that it does not reveal which users exist. */
export const notAuthenticated = (): ServiceError =>
  new ServiceError("unauthorized", "The request you have made requires authentication.");

/** Rejects `unauthorized` if the proof is wrong. Whether the user is enabled is decided with the session. */
export function identify(ground: TokenGround, proof: Proof): Promise<Identified> {
  switch (proof.method) {
    case "password":
      return byPassword(ground.db, proof);
    case "token":
      return byToken(ground, proof.token);
    case "application_credential":
      return byApplicationCredential(ground.db, proof);
  }
}

type ProofBy<M extends Proof["method"]> = Extract<Proof, { method: M }>;

async function byPassword(db: D1Database, proof: ProofBy<"password">): Promise<Identified> {
  const user = await findUser(db, proof.user);
  if (!(await isPasswordOf(db, user, proof.password)) || !user) throw notAuthenticated();
  return {
    userId: user.id,
    methods: ["password"],
    defaultProjectId: user.defaultProjectId,
    parent: null,
    credential: null,
  };
}

/** Whether it is the user's password. If so, a hash made at a lower cost is replaced. */
export async function isPasswordOf(
  db: D1Database,
  user: UserRow | undefined,
  password: string,
): Promise<boolean> {
  const hash = user?.passwordHash ?? null;
  const right = await proves(db, user && { id: user.id, secretHash: hash }, password);
  if (right && user && hash && isOutdated(hash))
    await replacePasswordHash(db, user.id, hash, await hashSecret(password));
  return right;
}

async function byToken(ground: TokenGround, token: string): Promise<Identified> {
  const session = await sessionOf(ground, token);
  const user = session && (await findUser(ground.db, { id: session.caller.userId }));
  if (!user) throw notAuthenticated();
  const { claims } = session;
  const { applicationCredentialId: id, projectId } = claims;
  return {
    userId: user.id,
    methods: [...new Set([...claims.methods, "token"])],
    defaultProjectId: user.defaultProjectId,
    parent: claims,
    credential: id !== null && projectId !== null ? { id, projectId } : null,
  };
}

async function byApplicationCredential(
  db: D1Database,
  proof: ProofBy<"application_credential">,
): Promise<Identified> {
  const credential = await credentialOf(db, proof.credential);
  if (!(await proves(db, credential, proof.secret)) || !credential) throw notAuthenticated();
  return {
    userId: credential.userId,
    methods: ["application_credential"],
    defaultProjectId: null,
    parent: null,
    credential,
  };
}

async function credentialOf(db: D1Database, by: ProofBy<"application_credential">["credential"]) {
  if ("id" in by) return findApplicationCredential(db, by);
  const user = await findUser(db, by.user);
  return findApplicationCredential(db, { userId: user?.id ?? "", name: by.name });
}
