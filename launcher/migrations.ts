import { readdirSync, readFileSync } from "node:fs";
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
