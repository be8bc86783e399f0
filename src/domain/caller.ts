import type { Policy } from "./policy.ts";

/**
 * The caller of a request, as the identity source established it. Roles are lower case and include the implied ones.
 */
export interface Caller {
  readonly userId: string;
  /** Null for an unscoped token, which authenticates but gives access to no image. */
  readonly projectId: string | null;
  readonly domainId: string | null;
  readonly roles: readonly string[];
  /** Roles of the `X-Service-Token`; empty without one. */
  readonly serviceRoles: readonly string[];
  /** When the token ends, or the application credential that made it; milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The rules, if the operator has changed the defaults. */
  readonly policy?: Policy;
}

/** `admin` on any project makes an administrator: policies are project-scoped (spec/rbac.md section 1). */
export const isAdmin = (caller: Caller): boolean => caller.roles.includes("admin");

/**
 * Whether the caller is another service of the cloud, by its own token or by an `X-Service-Token` beside its user's.
 */
export const isService = (caller: Caller): boolean =>
  caller.roles.includes("service") || caller.serviceRoles.includes("service");
