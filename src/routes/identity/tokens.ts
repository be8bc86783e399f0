import { Hono } from "hono";
import { tokenGround } from "../../auth/authenticate.ts";
import { issueToken } from "../../auth/issue-token.ts";
import { type Session, sessionOf } from "../../auth/session.ts";
import { revokeToken } from "../../db/identity/revoked-tokens.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { AppContext, AppTypes } from "../../http/app-types.ts";
import { loginRequest, proofIn, scopeIn } from "./login-request.ts";
import { bodyOf, requireSelfOrAdmin } from "./request.ts";
import { tokenView } from "./token-view.ts";

/** The only route that needs no token. */
export const login = new Hono<AppTypes>().post("/auth/tokens", async (c) => {
  const { auth } = await bodyOf(c.req.raw, loginRequest);
  const { identity } = c.var.config;
  const { token, session } = await issueToken(tokenGround(c.env, c.var.config), {
    proof: proofIn(auth),
    scope: scopeIn(auth),
    seconds: identity.mode === "embedded" ? identity.tokenSeconds : 0,
  });
  return c.json(await tokenView(c, session), 201, { "x-subject-token": token, vary: "X-Auth-Token" });
});

export const tokens = new Hono<AppTypes>()
  .get("/auth/tokens", async (c) => {
    const { token, session } = await subjectOf(c);
    // A service, such as one that validates its callers' tokens, may look at any token.
    if (!c.var.session.caller.roles.includes("service"))
      requireSelfOrAdmin(c.var.session, session.caller.userId, "validate_token");
    return c.json(await tokenView(c, session), 200, { "x-subject-token": token, vary: "X-Auth-Token" });
  })
  .delete("/auth/tokens", async (c) => {
    const { session } = await subjectOf(c);
    requireSelfOrAdmin(c.var.session, session.caller.userId, "revoke_token");
    await revokeToken(c.env.DB, session.claims, Date.now());
    return c.body(null, 204);
  });

/** The token that `X-Subject-Token` names. Rejects `notFound` if it is not valid. */
async function subjectOf(c: AppContext): Promise<{ token: string; session: Session }> {
  const token = c.req.header("x-subject-token");
  if (!token) throw new ServiceError("invalid", "X-Subject-Token is missing.");
  const session = await sessionOf(tokenGround(c.env, c.var.config), token);
  if (!session) throw new ServiceError("notFound", "Could not find token.");
  return { token, session };
}
