import { z } from "zod";
import type { Scope } from "../../auth/issue-token.ts";
import { notAuthenticated, type Proof, type UserReference } from "../../auth/login.ts";
import { ServiceError } from "../../domain/errors.ts";
import { attribute, domainReference } from "./request.ts";

/** Something named by id, or by name within a domain. */
const reference = z
  .object({
    id: attribute.id.optional(),
    name: z.string().min(1).max(255).optional(),
    domain: domainReference.optional(),
  })
  .refine((r) => r.id !== undefined || (r.name !== undefined && r.domain !== undefined), {
    message: "needs an id, or a name and a domain",
  });
type Reference = z.output<typeof reference>;

/** The body of POST /auth/tokens. */
export const loginRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.string()).min(1).max(8),
      password: z
        .object({ user: z.intersection(reference, z.object({ password: attribute.secret })) })
        .optional(),
      token: z.object({ id: z.string().min(1) }).optional(),
      application_credential: z
        .object({
          id: attribute.id.optional(),
          name: z.string().max(255).optional(),
          user: reference.optional(),
          secret: attribute.secret,
        })
        .refine((c) => c.id !== undefined || (c.name !== undefined && c.user !== undefined), {
          message: "needs an id, or a name and a user",
        })
        .optional(),
    }),
    scope: z
      .union([
        z.literal("unscoped"),
        z.object({
          project: reference.optional(),
          unscoped: z.object({}).optional(),
          domain: z.object({}).optional(),
          system: z.object({}).optional(),
          "OS-TRUST:trust": z.object({}).optional(),
        }),
      ])
      .optional(),
  }),
});
type LoginRequest = z.output<typeof loginRequest>["auth"];

/** A name in a domain that is not ours names nobody: that is found out late, at the price of a wrong password. */
const refer = (r: Reference): UserReference => {
  if (r.id !== undefined) return { id: r.id };
  return r.domain ? { name: r.name ?? "" } : { id: "" };
};

/** The proof that the request offers. Several methods at once are several proofs; we take one. */
export function proofIn({ identity }: LoginRequest): Proof {
  const [method, ...more] = new Set(identity.methods);
  if (more.length > 0) throw new ServiceError("invalid", "One authentication method at a time is supported.");
  if (method === "password" && identity.password) {
    const { user } = identity.password;
    return { method, user: refer(user), password: user.password };
  }
  if (method === "token" && identity.token) return { method, token: identity.token.id };
  if (method === "application_credential" && identity.application_credential) {
    const { id, name, user, secret } = identity.application_credential;
    const credential =
      id === undefined ? { name: name ?? "", user: user ? refer(user) : { id: "" } } : { id };
    return { method, credential, secret };
  }
  if (method === "password" || method === "token" || method === "application_credential")
    throw new ServiceError("invalid", `Invalid auth.identity: the method ${method} lacks its ${method}`);
  throw notAuthenticated();
}

/** The scope that the request wishes. Domains, the system and trusts give nobody a role here. */
export function scopeIn({ scope }: LoginRequest): Scope {
  if (scope === undefined) return { kind: "default" };
  if (scope === "unscoped" || scope.unscoped) return { kind: "unscoped" };
  if (scope.project) return { kind: "project", project: refer(scope.project) };
  if (scope.domain || scope.system || scope["OS-TRUST:trust"]) throw notAuthenticated();
  throw new ServiceError("invalid", "Invalid auth.scope: names nothing that a token can be for");
}
