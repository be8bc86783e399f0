import { newIdentityId } from "../db/identity/new-id.ts";
import type { Config, Env } from "../env.ts";
import { hashSecret } from "./password.ts";

/** Roles that the policy uses. They are created once and cannot be deleted. */
export const BUILT_IN_ROLES = ["admin", "member", "reader", "service"] as const;

/** Environments known to have a user, so that later requests need not check. */
const done = new WeakSet<Env>();

/**
 * Makes sure that somebody can log in: if there is no user and the configuration has a password for the first one,
 * creates user `admin` with role `admin` on project `admin`. If two isolates do this at once, one user is created.
 */
export async function bootstrapIdentity(env: Env, config: Config): Promise<void> {
  if (done.has(env)) return;
  const password = config.bootstrapAdminPassword;
  if (password && !(await env.DB.prepare("SELECT 1 FROM users LIMIT 1").first()))
    await createFirstUser(env.DB, await hashSecret(password));
  done.add(env);
}

/** One transaction. The second of two finds a user, and then creates nothing at all. */
async function createFirstUser(db: D1Database, passwordHash: string): Promise<void> {
  const userId = newIdentityId();
  const projectId = newIdentityId();
  const ifOurs = "WHERE EXISTS (SELECT 1 FROM users WHERE id = ?)";
  await db.batch([
    db
      .prepare(
        `INSERT INTO users (id, name, password_hash, default_project_id)
         SELECT ?, 'admin', ?, ? WHERE NOT EXISTS (SELECT 1 FROM users)`,
      )
      .bind(userId, passwordHash, projectId),
    db
      .prepare(
        `INSERT INTO projects (id, name, description) SELECT ?, 'admin', 'The first project' ${ifOurs}
         ON CONFLICT DO NOTHING`,
      )
      .bind(projectId, userId),
    ...BUILT_IN_ROLES.map((name) =>
      db
        .prepare(`INSERT INTO roles (id, name) SELECT ?, ? ${ifOurs} ON CONFLICT DO NOTHING`)
        .bind(newIdentityId(), name, userId),
    ),
    db
      .prepare(
        `UPDATE users SET default_project_id = (SELECT id FROM projects WHERE name = 'admin') WHERE id = ?`,
      )
      .bind(userId),
    db
      .prepare(
        `INSERT INTO role_assignments (user_id, project_id, role_id)
         SELECT u.id, p.id, r.id FROM users u, projects p, roles r
          WHERE u.id = ? AND p.name = 'admin' AND r.name = 'admin'`,
      )
      .bind(userId),
  ]);
}
