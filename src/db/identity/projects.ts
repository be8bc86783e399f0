import { and, asc, eq, inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { projects, roleAssignments } from "../identity-schema.ts";
import { LIST_LIMIT } from "./new-id.ts";
import { unlessTaken } from "./taken.ts";

export type ProjectRow = typeof projects.$inferSelect;
export type ProjectChanges = Partial<Omit<ProjectRow, "id">>;

export async function findProject(db: D1Database, by: { id: string } | { name: string }) {
  const where = "id" in by ? eq(projects.id, by.id) : eq(projects.name, by.name);
  return (await drizzle(db).select().from(projects).where(where)).at(0);
}

/** By name, one more than `LIST_LIMIT` at most. */
export function listProjects(db: D1Database, filter: { name?: string; enabled?: boolean }) {
  return drizzle(db)
    .select()
    .from(projects)
    .where(
      and(
        filter.name === undefined ? undefined : eq(projects.name, filter.name),
        filter.enabled === undefined ? undefined : eq(projects.enabled, filter.enabled),
      ),
    )
    .orderBy(asc(projects.name))
    .limit(LIST_LIMIT + 1);
}

/** Where the user has a role, disabled projects included. */
export function listProjectsOf(db: D1Database, userId: string) {
  const client = drizzle(db);
  const assigned = client
    .select({ id: roleAssignments.projectId })
    .from(roleAssignments)
    .where(eq(roleAssignments.userId, userId));
  return client
    .select()
    .from(projects)
    .where(inArray(projects.id, assigned))
    .orderBy(asc(projects.name))
    .limit(LIST_LIMIT + 1);
}

/** Rejects `conflict` when the name is taken. */
export async function createProject(db: D1Database, project: ProjectRow): Promise<void> {
  const insert = drizzle(db).insert(projects).values(project);
  await unlessTaken(`A project named ${project.name} exists already.`, insert);
}

/** The project as changed, or undefined when there is none. Rejects `conflict` when the name is taken. */
export async function updateProject(db: D1Database, id: string, changes: ProjectChanges) {
  if (Object.keys(changes).length === 0) return findProject(db, { id });
  const update = drizzle(db).update(projects).set(changes).where(eq(projects.id, id)).returning();
  return (await unlessTaken(`A project named ${changes.name} exists already.`, update)).at(0);
}

/** Role assignments and application credentials go with the project; images stay. False when there was none. */
export async function deleteProject(db: D1Database, id: string): Promise<boolean> {
  const gone = await drizzle(db).delete(projects).where(eq(projects.id, id)).returning({ id: projects.id });
  return gone.length > 0;
}
