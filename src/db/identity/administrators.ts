import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/d1";
import { ServiceError } from "../../domain/errors.ts";

/** Fails, and with it the transaction that it ends, unless somebody can log in with a password and administer. */
const REQUIRE_ADMINISTRATOR = sql`SELECT CASE WHEN EXISTS (
  SELECT 1 FROM role_assignments a JOIN users u ON u.id = a.user_id JOIN projects p ON p.id = a.project_id
  JOIN roles r ON r.id = a.role_id
  WHERE lower(r.name) = 'admin' AND u.enabled AND u.password_hash IS NOT NULL AND p.enabled
) THEN 1 ELSE json('no administrator is left') END`;

/** Makes a change in one transaction. Rejects `forbidden` if nobody could administer after it. */
export async function keepingAnAdministrator<Q extends BatchItem<"sqlite">>(db: D1Database, change: Q) {
  const client = drizzle(db);
  try {
    const [result] = await client.batch([change, client.run(REQUIRE_ADMINISTRATOR)]);
    return result;
  } catch (error) {
    if (!isMalformedJson(error)) throw error;
    throw new ServiceError(
      "forbidden",
      "Nobody could administer after that: give role admin on an enabled project to another user who has a password first.",
    );
  }
}

/** The error of `json` for that text, as wrapped by drizzle. */
const isMalformedJson = (error: unknown): boolean =>
  error instanceof Error && (error.message.includes("malformed JSON") || isMalformedJson(error.cause));
