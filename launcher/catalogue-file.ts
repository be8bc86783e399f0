import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Unusable } from "./unusable.ts";

/**
 * The name that Miniflare's D1 gives its objects. The folder of their files and, with an object's name, the file names
 * follow from it.
 */
export const D1_OBJECTS = "miniflare-D1DatabaseObject";

/**
 * Lets the worker's catalogue object (src/home/home.ts) find D1's file. The file stays where Miniflare's D1 keeps it,
 * because that D1 applies the migrations before the worker runs.
 */
export function leadHomeToCatalogue(persistence: string): void {
  const objects = join(persistence, "do");
  const link = join(objects, D1_OBJECTS);
  mkdirSync(objects, { recursive: true });
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (!there) symlinkSync(join("..", "d1", D1_OBJECTS), link);
  else if (!there.isSymbolicLink())
    throw new Unusable(
      `${link} is no link to the catalogue in ../d1, as after a copy that followed links.`,
      "Remove it, and start again.",
    );
}

/** D1's file, if there is one yet. SQLite's own files stand beside it, and one that describes the objects. */
export function catalogueFile(persistence: string): string | undefined {
  const folder = join(persistence, "d1", D1_OBJECTS);
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^[0-9a-f]{16,}\.sqlite$/.test(name))
    : [];
  const [file] = files;
  return files.length === 1 && file !== undefined ? join(folder, file) : undefined;
}

/** Pages of 4 KiB. A page of the list reads up to 600 of a large catalogue, and SQLite by itself keeps 500. */
const KEPT_PAGES = 4_000;

/**
 * Has SQLite keep 16 MiB of the catalogue in memory rather than 2, if the catalogue is as large. A worker cannot ask for
 * it; but SQLite takes the number from the file, where it stands once it was set (docs/decisions/0041). To be called while
 * nobody has the catalogue open. A file that cannot be read or written is left for whoever opens it next to report.
 */
export function keepInMemory(file: string): void {
  try {
    const db = new DatabaseSync(file);
    try {
      const said = db.prepare("PRAGMA default_cache_size").get();
      if (said?.cache_size !== KEPT_PAGES) db.exec(`PRAGMA default_cache_size = ${KEPT_PAGES}`);
    } finally {
      db.close();
    }
  } catch {
    // The worker opens it as well, and says what is wrong with it.
  }
}
