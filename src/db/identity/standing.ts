/** Everything in the tables that decides what a genuine token is still worth. */
export interface Standing {
  readonly userEnabled: boolean;
  readonly userVoidUntil: number;
  /** Null for an unscoped token, and if the project is gone. */
  readonly project: { readonly enabled: boolean; readonly voidUntil: number } | null;
  /** Names of the roles assigned to the user on the project. */
  readonly roles: readonly string[];
  readonly revoked: boolean;
  /** Null for a token without an application credential, and if that is gone. */
  readonly credential: {
    readonly expiresAt: number | null;
    readonly unrestricted: boolean;
    readonly roles: readonly string[];
  } | null;
}

export interface Standpoint {
  readonly userId: string;
  readonly projectId: string | null;
  readonly auditId: string;
  readonly applicationCredentialId: string | null;
}

interface Row {
  user_enabled: number;
  user_void_until: number;
  project_enabled: number | null;
  project_void_until: number | null;
  roles: string;
  revoked: number;
  unrestricted: number | null;
  credential_expires_at: number | null;
  credential_roles: string;
}

/** Asked for every token that the isolate has not seen lately, so it is one statement, written out. */
const STANDING = `
  SELECT u.enabled user_enabled, u.tokens_void_until user_void_until,
         p.enabled project_enabled, p.tokens_void_until project_void_until,
         (SELECT json_group_array(r.name) FROM role_assignments a JOIN roles r ON r.id = a.role_id
           WHERE a.user_id = u.id AND a.project_id = p.id) roles,
         EXISTS (SELECT 1 FROM revoked_tokens WHERE audit_id = ?3) revoked,
         c.unrestricted, c.expires_at credential_expires_at,
         (SELECT json_group_array(r.name) FROM roles r
           WHERE r.id IN (SELECT value FROM json_each(c.role_ids))) credential_roles
    FROM users u
    LEFT JOIN projects p ON p.id = ?2
    LEFT JOIN application_credentials c ON c.id = ?4 AND c.user_id = u.id AND c.project_id = p.id
   WHERE u.id = ?1`;

/** Undefined if the user is gone. */
export async function standingOf(db: D1Database, of: Standpoint): Promise<Standing | undefined> {
  const row = await db
    .prepare(STANDING)
    .bind(of.userId, of.projectId, of.auditId, of.applicationCredentialId)
    .first<Row>();
  if (!row) return undefined;
  return {
    userEnabled: row.user_enabled === 1,
    userVoidUntil: row.user_void_until,
    project:
      row.project_enabled === null
        ? null
        : { enabled: row.project_enabled === 1, voidUntil: row.project_void_until ?? 0 },
    roles: JSON.parse(row.roles),
    revoked: row.revoked === 1,
    credential:
      row.unrestricted === null
        ? null
        : {
            unrestricted: row.unrestricted === 1,
            expiresAt: row.credential_expires_at,
            roles: JSON.parse(row.credential_roles),
          },
  };
}
