/** After this many wrong secrets within the window even the right one is refused, until the window ends. */
export const MAX_FAILURES = 10;
const WINDOW_MILLISECONDS = 15 * 60_000;

/** The number of wrong secrets for the user or application credential in the current window. */
export async function failuresOf(db: D1Database, subjectId: string, now: number): Promise<number> {
  const count = await db
    .prepare("SELECT count FROM login_failures WHERE subject_id = ? AND since > ?")
    .bind(subjectId, now - WINDOW_MILLISECONDS)
    .first<number>("count");
  return count ?? 0;
}

/**
 * Counts a wrong secret. Windows that have ended are removed first, so that an existing row is added to. A name that is
 * no user and no application credential gets no row, or guessed names would fill the table.
 */
export async function recordFailure(db: D1Database, subjectId: string, now: number): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM login_failures WHERE since <= ?").bind(now - WINDOW_MILLISECONDS),
    db
      .prepare(
        `INSERT INTO login_failures (subject_id, count, since)
         SELECT ?1, 1, ?2
          WHERE EXISTS (SELECT 1 FROM users WHERE id = ?1)
             OR EXISTS (SELECT 1 FROM application_credentials WHERE id = ?1)
         ON CONFLICT (subject_id) DO UPDATE SET count = count + 1`,
      )
      .bind(subjectId, now),
  ]);
}

/** A correct secret resets the count. */
export async function forgetFailures(db: D1Database, subjectId: string): Promise<void> {
  await db.prepare("DELETE FROM login_failures WHERE subject_id = ?").bind(subjectId).run();
}
