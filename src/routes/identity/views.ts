import { DOMAIN_ID, DOMAIN_NAME } from "../../auth/session.ts";
import type { ApplicationCredentialRow } from "../../db/identity/application-credentials.ts";
import { LIST_LIMIT } from "../../db/identity/new-id.ts";
import type { ProjectRow } from "../../db/identity/projects.ts";
import type { RoleRow } from "../../db/identity/roles.ts";
import type { UserRow } from "../../db/identity/users.ts";

export const domainReferenceView = { id: DOMAIN_ID, name: DOMAIN_NAME };

export const domainView = (api: string) => ({
  id: DOMAIN_ID,
  name: DOMAIN_NAME,
  description: "The one domain there is",
  enabled: true,
  options: {},
  tags: [],
  links: { self: `${api}/domains/${DOMAIN_ID}` },
});

/** Never contains the password's hash. */
export const userView = (api: string, user: UserRow) => ({
  id: user.id,
  name: user.name,
  domain_id: DOMAIN_ID,
  enabled: user.enabled,
  description: user.description,
  ...(user.email === null ? {} : { email: user.email }),
  ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
  password_expires_at: null,
  options: {},
  links: { self: `${api}/users/${user.id}` },
});

export const projectView = (api: string, project: ProjectRow) => ({
  id: project.id,
  name: project.name,
  domain_id: DOMAIN_ID,
  parent_id: DOMAIN_ID,
  is_domain: false,
  enabled: project.enabled,
  description: project.description,
  tags: [],
  options: {},
  links: { self: `${api}/projects/${project.id}` },
});

export const roleView = (api: string, role: RoleRow) => ({
  id: role.id,
  name: role.name,
  domain_id: null,
  description: role.description,
  options: {},
  links: { self: `${api}/roles/${role.id}` },
});

/** Never contains the secret's hash. */
export const applicationCredentialView = (
  api: string,
  credential: ApplicationCredentialRow,
  roles: readonly RoleRow[],
) => ({
  id: credential.id,
  name: credential.name,
  description: credential.description,
  user_id: credential.userId,
  project_id: credential.projectId,
  system: null,
  roles: roles
    .filter((role) => credential.roleIds.includes(role.id))
    .map(({ id, name }) => ({ id, name, domain_id: null })),
  expires_at: credential.expiresAt === null ? null : naiveMicroseconds(credential.expiresAt),
  unrestricted: credential.unrestricted,
  links: { self: `${api}/users/${credential.userId}/application_credentials/${credential.id}` },
});

/** A list in Keystone's format. `rows` may have one more than fits, which means that there are more. */
export const listView = <Row, Shown>(
  kind: string,
  self: string,
  rows: readonly Row[],
  show: (row: Row) => Shown,
) => ({
  [kind]: rows.slice(0, LIST_LIMIT).map(show),
  links: { next: null, previous: null, self },
  ...(rows.length > LIST_LIMIT ? { truncated: true } : {}),
});

/** Keystone's timestamps: microseconds (here always whole milliseconds) and `Z`. */
export const microseconds = (at: number): string => new Date(at).toISOString().replace("Z", "000Z");

/** Timestamps of application credentials lack the `Z`. */
const naiveMicroseconds = (at: number): string => microseconds(at).slice(0, -1);
