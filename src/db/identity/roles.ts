import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { projects, roleAssignments, roles, users } from "../identity-schema.ts";
import { keepingAnAdministrator } from "./administrators.ts";
import { LIST_LIMIT } from "./new-id.ts";
import { unlessTaken } from "./taken.ts";

export type RoleRow = typeof roles.$inferSelect;

export async function findRole(db: D1Database, id: string) {
  return (await drizzle(db).select().from(roles).where(eq(roles.id, id))).at(0);
}

/** Sorted by name; at most one more than `LIST_LIMIT`. */
export function listRoles(db: D1Database, filter: { name?: string } = {}) {
  return drizzle(db)
    .select()
    .from(roles)
    .where(filter.name === undefined ? undefined : eq(sql`lower(${roles.name})`, filter.name.toLowerCase()))
    .orderBy(asc(roles.name))
    .limit(LIST_LIMIT + 1);
}

/** The roles with these names, which are in lower case. */
export function rolesNamed(db: D1Database, names: readonly string[]) {
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(names)}))`;
  return drizzle(db)
    .select()
    .from(roles)
    .where(inArray(sql`lower(${roles.name})`, wanted))
    .orderBy(asc(roles.name));
}

/** Rejects `conflict` if the name is taken, in any case. */
export async function createRole(db: D1Database, role: RoleRow): Promise<void> {
  await unlessTaken(`A role named ${role.name} exists already.`, drizzle(db).insert(roles).values(role));
}

/** Also deletes the role's assignments. False if there was no such role. */
export async function deleteRole(db: D1Database, id: string): Promise<boolean> {
  return (await drizzle(db).delete(roles).where(eq(roles.id, id)).returning({ id: roles.id })).length > 0;
}

export interface Assignment {
  readonly userId: string;
  readonly projectId: string;
  readonly roleId: string;
}

/** Does nothing if the assignment exists, or if the user, project or role is gone. */
export async function assignRole(db: D1Database, { userId, projectId, roleId }: Assignment): Promise<void> {
  await db
    .prepare(
      `INSERT INTO role_assignments (user_id, project_id, role_id)
       SELECT u.id, p.id, r.id FROM users u, projects p, roles r WHERE u.id = ? AND p.id = ? AND r.id = ?
       ON CONFLICT DO NOTHING`,
    )
    .bind(userId, projectId, roleId)
    .run();
}

/** False if there was no such assignment. Rejects `forbidden` if nobody could administer afterwards. */
export async function unassignRole(db: D1Database, a: Assignment): Promise<boolean> {
  const removal = drizzle(db)
    .delete(roleAssignments)
    .where(
      and(
        eq(roleAssignments.userId, a.userId),
        eq(roleAssignments.projectId, a.projectId),
        eq(roleAssignments.roleId, a.roleId),
      ),
    )
    .returning({ id: roleAssignments.roleId });
  return (await keepingAnAdministrator(db, removal)).length > 0;
}

/** Assignments with the names of user, project and role; at most one more than `LIST_LIMIT`. */
export function listAssignments(db: D1Database, filter: Partial<Assignment>) {
  return drizzle(db)
    .select({
      userId: roleAssignments.userId,
      projectId: roleAssignments.projectId,
      roleId: roleAssignments.roleId,
      userName: sql<string>`${users.name}`.as("user_name"),
      projectName: sql<string>`${projects.name}`.as("project_name"),
      roleName: sql<string>`${roles.name}`.as("role_name"),
    })
    .from(roleAssignments)
    .innerJoin(users, eq(users.id, roleAssignments.userId))
    .innerJoin(projects, eq(projects.id, roleAssignments.projectId))
    .innerJoin(roles, eq(roles.id, roleAssignments.roleId))
    .where(
      and(
        filter.userId === undefined ? undefined : eq(roleAssignments.userId, filter.userId),
        filter.projectId === undefined ? undefined : eq(roleAssignments.projectId, filter.projectId),
        filter.roleId === undefined ? undefined : eq(roleAssignments.roleId, filter.roleId),
      ),
    )
    .orderBy(asc(roleAssignments.projectId), asc(roleAssignments.userId), asc(roleAssignments.roleId))
    .limit(LIST_LIMIT + 1);
}
