import { z } from "zod";
import type { Scope } from "../../auth/issue-token.ts";
import { notAuthenticated, type Proof, type UserReference } from "../../auth/login.ts";
import { ServiceError } from "../../domain/errors.ts";
import { attribute, domainReference } from "./request.ts";

/** A thing given by id, or by name within a domain. */
const reference = {
  id: attribute.id.optional(),
  name: z.string().min(1).max(255).optional().describe("Name, in the domain"),
  domain: domainReference.optional(),
};
type Reference = z.output<z.ZodObject<typeof reference>>;
const isReference = (r: Reference) => r.id !== undefined || (r.name !== undefined && r.domain !== undefined);
const noReference = { message: "needs an id, or a name and a domain" };

const named = (id: string, description: string) =>
  z.object(reference).refine(isReference, noReference).meta({ id, description });
const user = named("UserReference", "A user by its id, or by its name and its domain");
const project = named("ProjectReference", "A project by its id, or by its name and its domain");

const password = z
  .object({
    user: z
      .object({ ...reference, password: attribute.secret })
      .refine(isReference, noReference)
      .meta({ id: "UserWithPassword", description: "A user, and the password that proves who asks" }),
  })
  .meta({ id: "PasswordProof", description: "Who asks, by a password" });

const token = z
  .object({ id: z.string().min(1).describe("The token") })
  .meta({ id: "TokenProof", description: "Who asks, by a token that they have" });

const applicationCredential = z
  .object({
    id: attribute.id.optional(),
    name: z.string().max(255).optional().describe("Name, among those of the user"),
    user: user.optional(),
    secret: attribute.secret,
  })
  .refine((c) => c.id !== undefined || (c.name !== undefined && c.user !== undefined), {
    message: "needs an id, or a name and a user",
  })
  .meta({ id: "ApplicationCredentialProof", description: "Who asks, by an application credential" });

const nothing = z.object({});

const scope = z
  .object({
    project: project.optional(),
    unscoped: nothing.optional().describe("A token for no project"),
    domain: nothing.optional().describe("Gives nobody a role here: refused"),
    system: nothing.optional().describe("Gives nobody a role here: refused"),
    "OS-TRUST:trust": nothing.optional().describe("Gives nobody a role here: refused"),
  })
  .meta({ id: "TokenScope", description: "What the token is to be for" });

/** The body of POST /auth/tokens. */
export const loginRequest = z
  .object({
    auth: z
      .object({
        identity: z
          .object({
            methods: z
              .array(z.string())
              .min(1)
              .max(8)
              .describe(
                "One of `password`, `token` and `application_credential`; the field of that name has the proof",
              ),
            password: password.optional(),
            token: token.optional(),
            application_credential: applicationCredential.optional(),
          })
          .meta({ id: "TokenIdentity", description: "Who asks, and what proves it" }),
        scope: z
          .union([z.literal("unscoped"), scope])
          .optional()
          .describe("What the token is to be for; without it the user's default project, if there is one"),
      })
      .meta({ id: "TokenAuth", description: "Who asks for a token, and what for" }),
  })
  .meta({ id: "TokenRequest", description: "A wish for a token" });
type LoginRequest = z.output<typeof loginRequest>["auth"];

/**
 * A name in another domain than ours identifies nobody. This is found out late, after the same work as for a wrong
 * password.
 */
const refer = (r: Reference): UserReference => {
  if (r.id !== undefined) return { id: r.id };
  return r.domain ? { name: r.name ?? "" } : { id: "" };
};

/** The proof in the request. Several methods at once would be several proofs; only one is accepted. */
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

/** The requested scope. Domains, the system and trusts give nobody a role here. */
export function scopeIn({ scope }: LoginRequest): Scope {
  if (scope === undefined) return { kind: "default" };
  if (scope === "unscoped" || scope.unscoped) return { kind: "unscoped" };
  if (scope.project) return { kind: "project", project: refer(scope.project) };
  if (scope.domain || scope.system || scope["OS-TRUST:trust"]) throw notAuthenticated();
  throw new ServiceError("invalid", "Invalid auth.scope: names nothing that a token can be for");
}
