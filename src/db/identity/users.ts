import { and, asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { users } from "../identity-schema.ts";
import { keepingAnAdministrator } from "./administrators.ts";
import { LIST_LIMIT } from "./new-id.ts";
import { unlessTaken } from "./taken.ts";

export type UserRow = typeof users.$inferSelect;
export type UserChanges = Partial<Omit<UserRow, "id">>;

export async function findUser(db: D1Database, by: { id: string } | { name: string }) {
  const where = "id" in by ? eq(users.id, by.id) : eq(users.name, by.name);
  return (await drizzle(db).select().from(users).where(where)).at(0);
}

/** Sorted by name; at most one more than `LIST_LIMIT`. */
export function listUsers(db: D1Database, filter: { name?: string; enabled?: boolean }) {
  return drizzle(db)
    .select()
    .from(users)
    .where(
      and(
        filter.name === undefined ? undefined : eq(users.name, filter.name),
        filter.enabled === undefined ? undefined : eq(users.enabled, filter.enabled),
      ),
    )
    .orderBy(asc(users.name))
    .limit(LIST_LIMIT + 1);
}

/** Rejects `conflict` if the name is taken. */
export async function createUser(db: D1Database, user: UserRow): Promise<void> {
  await unlessTaken(`A user named ${user.name} exists already.`, drizzle(db).insert(users).values(user));
}

/**
 * The changed user, or undefined if there is none. Rejects `conflict` if the name is taken, `forbidden` if nobody could
 * administer afterwards.
 */
export async function updateUser(db: D1Database, id: string, changes: UserChanges) {
  if (Object.keys(changes).length === 0) return findUser(db, { id });
  const update = drizzle(db).update(users).set(changes).where(eq(users.id, id)).returning();
  const locksOut = changes.enabled === false || changes.passwordHash === null;
  const made = locksOut ? keepingAnAdministrator(db, update) : update;
  return (await unlessTaken(`A user named ${changes.name} exists already.`, made)).at(0);
}

/** Stores a better hash of the same password, unless the password has changed meanwhile. */
export async function replacePasswordHash(db: D1Database, id: string, from: string, to: string) {
  await drizzle(db)
    .update(users)
    .set({ passwordHash: to })
    .where(and(eq(users.id, id), eq(users.passwordHash, from)));
}

/**
 * Also deletes the user's role assignments and application credentials. False if there was no such user. Rejects as
 * `updateUser` does.
 */
export async function deleteUser(db: D1Database, id: string): Promise<boolean> {
  const removal = drizzle(db).delete(users).where(eq(users.id, id)).returning({ id: users.id });
  return (await keepingAnAdministrator(db, removal)).length > 0;
}
