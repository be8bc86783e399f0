import type { ImageRecord } from "../domain/image.ts";
import { hasChanged } from "./has-changed.ts";

/**
 * A change of tags was authorised for the owner that was read, and is made only while the image still has that owner.
 */
const STILL_OWNED = "id = ?1 AND owner IS ?2 AND deleted_at IS NULL";
const IF_STILL_OWNED = `EXISTS (SELECT 1 FROM images WHERE ${STILL_OWNED})`;

/** Always a new time: a patch decided before this change must be decided again (db/images.ts). */
const touchedIf = (condition: string): string =>
  `UPDATE images SET updated_at = max(updated_at + 1, ?4) WHERE ${STILL_OWNED} AND ${condition}`;

const PRESENT = "EXISTS (SELECT 1 FROM image_tags WHERE image_id = ?1 AND value = ?3)";

/** The outcome. `changed`: the image is gone or has another owner, and nothing was written. */
export type TagVerdict = "done" | "full" | "changed";

/** Adds the tag, whatever tags others add meanwhile, as long as there is room for it. */
export async function putTag(
  db: D1Database,
  image: ImageRecord,
  { tag, now, quota }: { tag: string; now: number; quota: number },
): Promise<TagVerdict> {
  const about = [image.id, image.owner, tag] as const;
  const statements = [
    db
      .prepare(
        `INSERT INTO image_tags (image_id, value) SELECT ?1, ?3 WHERE ${IF_STILL_OWNED}
           AND (?4 < 0 OR (SELECT count(*) FROM image_tags WHERE image_id = ?1) < ?4)
         ON CONFLICT DO NOTHING`,
      )
      .bind(...about, quota),
    db.prepare(touchedIf(PRESENT)).bind(...about, now),
    db.prepare(`SELECT ${IF_STILL_OWNED} AS holds`).bind(image.id, image.owner),
  ];
  const [, touched, unchanged] = await db.batch<{ holds: number }>(statements);
  if (hasChanged(touched)) return "done";
  return unchanged?.results[0]?.holds ? "full" : "changed";
}

/** Removes the tag. False if the image did not have it, or has changed since it was read. */
export async function removeTag(
  db: D1Database,
  image: ImageRecord,
  { tag, now }: { tag: string; now: number },
): Promise<boolean> {
  const about = [image.id, image.owner, tag] as const;
  const statements = [
    db.prepare(touchedIf(PRESENT)).bind(...about, now),
    db
      .prepare(`DELETE FROM image_tags WHERE image_id = ?1 AND value = ?3 AND ${IF_STILL_OWNED}`)
      .bind(...about),
  ];
  const [, removed] = await db.batch(statements);
  return hasChanged(removed);
}
