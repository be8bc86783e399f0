import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

/** One file of migrations/: its statements in order, without drizzle's markers between them. */
export type Migration = {
  name: string;
  queries: string[];
};

/** All migrations in the order of their names, which is the order they were made in. */
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

/** wrangler's own table, so that a database can move between the two. */
const TABLE = "d1_migrations";

/** Applies what the database has not seen yet, each migration as one transaction. Returns the names applied now. */
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
  const seen = await db.prepare(`SELECT name FROM ${TABLE}`).all<{ name: string }>();
  const applied = new Set(seen.results.map((row) => row.name));
  const missing = migrations.filter((migration) => !applied.has(migration.name));
  for (const { name, queries } of missing)
    await db.batch([
      ...queries.map((query) => db.prepare(query)),
      db.prepare(`INSERT INTO ${TABLE} (name) VALUES (?)`).bind(name),
    ]);
  return missing.map((migration) => migration.name);
}

/**
 * Whether the database in this file has seen all of them: then a start needs no D1 for them, half a second. What cannot be
 * read is for D1 to judge.
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
