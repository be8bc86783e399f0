import type { ImageMetadata } from "../domain/image-change.ts";
import type { Guarded } from "./guarded.ts";

/** The columns of `images` that a change sets, as SQLite stores them. */
export const metadataColumns = ({ attributes }: ImageMetadata): Record<string, string | number | null> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "boolean" ? Number(value) : value,
    ]),
  );

/**
 * The rows beside `images` that a change writes: properties and tags, each list from one JSON parameter, because there
 * may be more of them than parameters are allowed.
 */
export function metadataStatements(
  db: D1Database,
  imageId: string,
  { removeProperties, setProperties, tags }: ImageMetadata,
  { holds, values }: Guarded,
): D1PreparedStatement[] {
  const guarded = (sql: string, value: unknown, then = "") =>
    db.prepare(`${sql} AND ${holds} ${then}`).bind(imageId, JSON.stringify(value), ...values);
  const statements: D1PreparedStatement[] = [];
  if (setProperties.length > 0)
    statements.push(
      guarded(
        `INSERT INTO image_properties (image_id, name, value)
         SELECT ?, value ->> 0, value ->> 1 FROM json_each(?) WHERE true`,
        setProperties,
        "ON CONFLICT DO UPDATE SET value = excluded.value",
      ),
    );
  if (removeProperties.length > 0)
    statements.push(
      guarded(
        "DELETE FROM image_properties WHERE image_id = ? AND name IN (SELECT value FROM json_each(?))",
        removeProperties,
      ),
    );
  if (tags)
    statements.push(
      guarded(
        "DELETE FROM image_tags WHERE image_id = ? AND value NOT IN (SELECT value FROM json_each(?))",
        tags,
      ),
      guarded(
        "INSERT INTO image_tags (image_id, value) SELECT ?, value FROM json_each(?) WHERE true",
        tags,
        "ON CONFLICT DO NOTHING",
      ),
    );
  return statements;
}
