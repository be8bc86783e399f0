import { expandRoles } from "../../auth/roles.ts";
import type { Session } from "../../auth/session.ts";
import { findApplicationCredential } from "../../db/identity/application-credentials.ts";
import { findProject } from "../../db/identity/projects.ts";
import { rolesNamed } from "../../db/identity/roles.ts";
import { findUser } from "../../db/identity/users.ts";
import type { AppContext } from "../../http/app-types.ts";
import { catalogOf } from "./catalog.ts";
import { domainReferenceView, microseconds } from "./views.ts";

/** A token's body as Keystone shows it. Names are looked up, so that a renamed user appears under the new name. */
export async function tokenView(c: AppContext, { claims, caller, restricted }: Session) {
  const db = c.env.DB;
  const [user, project, roles, credential] = await Promise.all([
    findUser(db, { id: claims.userId }),
    claims.projectId === null ? undefined : findProject(db, { id: claims.projectId }),
    claims.projectId === null ? [] : rolesNamed(db, expandRoles(caller.roles)),
    claims.applicationCredentialId === null
      ? undefined
      : findApplicationCredential(db, { id: claims.applicationCredentialId }),
  ]);
  const chain = claims.auditChainId === claims.auditId ? [] : [claims.auditChainId];
  return {
    token: {
      methods: claims.methods,
      user: {
        domain: domainReferenceView,
        id: claims.userId,
        name: user?.name ?? null,
        password_expires_at: null,
      },
      audit_ids: [claims.auditId, ...chain],
      expires_at: microseconds(claims.expiresAt),
      issued_at: microseconds(claims.issuedAt),
      ...(claims.projectId === null
        ? {}
        : {
            project: { domain: domainReferenceView, id: claims.projectId, name: project?.name ?? null },
            is_domain: false,
            roles: roles.map(({ id, name }) => ({ id, name })),
            ...(c.req.query("nocatalog") === undefined ? { catalog: catalogOf(c) } : {}),
          }),
      ...(credential
        ? { application_credential: { id: credential.id, name: credential.name, restricted } }
        : {}),
    },
  };
}
