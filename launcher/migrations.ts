import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

/** One file of migrations/: its statements in order, without drizzle's markers between them. */
export type Migration = {
  name: string;
  queries: string[];
};

/** All migrations, sorted by name, which is the order in which they were made. */
export function readMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => ({
      name,
      queries: readFileSync(fileURLToPath(new URL(name, folder)), "utf8")
        .split("--> statement-breakpoint")
        .map((query) => query.trim())
        .filter(Boolean),
    }));
}

/** wrangler's own table, so that a database can be moved from one to the other. */
const TABLE = "d1_migrations";

/**
 * Applies the migrations that the database does not have yet, each in one transaction. Returns their names. The answer
 * to one that takes longer than 15 seconds is lost: workerd, which does nothing else meanwhile, then closes the
 * connection. The database itself knows whether the migration was applied.
 */
export async function applyMigrations(
  db: MigrationTarget,
  migrations: readonly Migration[],
): Promise<string[]> {
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
       applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
    )
    .run();
  const applied = async () => {
    const { results } = await db.prepare(`SELECT name FROM ${TABLE}`).all<{ name: string }>();
    return new Set(results.map((row) => row.name));
  };
  const seen = await applied();
  const missing = migrations.filter(({ name }) => !seen.has(name));
  for (const { name, queries } of missing)
    await db
      .batch([
        ...queries.map((query) => db.prepare(query)),
        db.prepare(`INSERT INTO ${TABLE} (name) VALUES (?)`).bind(name),
      ])
      .catch(async (error: unknown) => {
        if (!(await applied()).has(name)) throw error;
      });
  return missing.map((migration) => migration.name);
}

/**
 * Whether the database in this file has all of them. The start then skips D1 for migrations, which saves half a second.
 * A file that cannot be read is left for D1 to report.
 */
export function hasSeen(file: string, migrations: readonly Migration[]): boolean {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const seen = new Set(
        db
          .prepare(`SELECT name FROM ${TABLE}`)
          .all()
          .map(({ name }) => name),
      );
      return migrations.every(({ name }) => seen.has(name));
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}

/** The part of a D1 database that migrations need. */
export interface MigrationTarget {
  prepare(query: string): MigrationStatement;
  batch(statements: MigrationStatement[]): Promise<unknown>;
}

interface MigrationStatement {
  bind(...values: unknown[]): MigrationStatement;
  run(): Promise<unknown>;
  all<T>(): Promise<{ results: T[] }>;
}
