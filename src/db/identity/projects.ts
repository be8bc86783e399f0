import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ServiceError } from "../../domain/errors.ts";
import { projects, roleAssignments } from "../identity-schema.ts";
import { keepingAnAdministrator } from "./administrators.ts";
import { LIST_LIMIT } from "./new-id.ts";
import { unlessTaken } from "./taken.ts";

export type ProjectRow = typeof projects.$inferSelect;
export type ProjectChanges = Partial<Omit<ProjectRow, "id">>;

export async function findProject(db: D1Database, by: { id: string } | { name: string }) {
  const where = "id" in by ? eq(projects.id, by.id) : eq(projects.name, by.name);
  return (await drizzle(db).select().from(projects).where(where)).at(0);
}

/** Sorted by name; at most one more than `LIST_LIMIT`. */
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

/** The projects on which the user has a role, disabled ones included. */
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

/** Rejects `conflict` if the name is taken. */
export async function createProject(db: D1Database, project: ProjectRow): Promise<void> {
  const insert = drizzle(db).insert(projects).values(project);
  await unlessTaken(`A project named ${project.name} exists already.`, insert);
}

/**
 * The changed project, or undefined if there is none. Rejects `conflict` if the name is taken, `forbidden` if nobody
 * could administer afterwards.
 */
export async function updateProject(db: D1Database, id: string, changes: ProjectChanges) {
  if (Object.keys(changes).length === 0) return findProject(db, { id });
  const update = drizzle(db).update(projects).set(changes).where(eq(projects.id, id)).returning();
  const made = changes.enabled === false ? keepingAnAdministrator(db, update) : update;
  return (await unlessTaken(`A project named ${changes.name} exists already.`, made)).at(0);
}

/**
 * Also deletes the project's role assignments and application credentials. False if there was no such project. Rejects
 * `conflict` while it owns images, which only administrators could then find, and `forbidden` as `updateProject` does.
 */
export async function deleteProject(db: D1Database, id: string): Promise<boolean> {
  const ownsNothing = sql`NOT EXISTS (SELECT 1 FROM images WHERE owner = ${id} AND status <> 'deleted')`;
  const removal = drizzle(db)
    .delete(projects)
    .where(and(eq(projects.id, id), ownsNothing))
    .returning({ id: projects.id });
  const gone = await keepingAnAdministrator(db, removal);
  if (gone.length === 0 && (await findProject(db, { id })))
    throw new ServiceError("conflict", `Project ${id} owns images; delete them or change their owner first.`);
  return gone.length > 0;
}
