import { and, asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { applicationCredentials } from "../identity-schema.ts";
import { LIST_LIMIT } from "./new-id.ts";
import { unlessTaken } from "./taken.ts";

export type ApplicationCredentialRow = typeof applicationCredentials.$inferSelect;

export async function findApplicationCredential(
  db: D1Database,
  by: { id: string } | { userId: string; name: string },
) {
  const where =
    "id" in by
      ? eq(applicationCredentials.id, by.id)
      : and(eq(applicationCredentials.userId, by.userId), eq(applicationCredentials.name, by.name));
  return (await drizzle(db).select().from(applicationCredentials).where(where)).at(0);
}

/** Sorted by name; at most one more than `LIST_LIMIT`. */
export function listApplicationCredentials(db: D1Database, filter: { userId: string; name?: string }) {
  return drizzle(db)
    .select()
    .from(applicationCredentials)
    .where(
      and(
        eq(applicationCredentials.userId, filter.userId),
        filter.name === undefined ? undefined : eq(applicationCredentials.name, filter.name),
      ),
    )
    .orderBy(asc(applicationCredentials.name))
    .limit(LIST_LIMIT + 1);
}

/** Rejects `conflict` if the user has one of that name. */
export async function createApplicationCredential(
  db: D1Database,
  credential: ApplicationCredentialRow,
): Promise<void> {
  const insert = drizzle(db).insert(applicationCredentials).values(credential);
  await unlessTaken(`An application credential named ${credential.name} exists already.`, insert);
}

/** False if the user had none with that id. */
export async function deleteApplicationCredential(
  db: D1Database,
  { id, userId }: { id: string; userId: string },
): Promise<boolean> {
  const gone = await drizzle(db)
    .delete(applicationCredentials)
    .where(and(eq(applicationCredentials.id, id), eq(applicationCredentials.userId, userId)))
    .returning({ id: applicationCredentials.id });
  return gone.length > 0;
}
