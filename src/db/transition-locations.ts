import type { Guarded } from "./guarded.ts";

/** A location that is added. The URL has no credentials; the metadata name the store. */
export interface NewLocation {
  readonly url: string;
  readonly store: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a transition does to the locations of its image. */
export interface LocationChanges {
  /** Row ids of those whose bytes are to be removed. */
  readonly remove?: readonly number[];
  /** All are forgotten, and their bytes left alone: they were never this image's. */
  readonly forget?: boolean;
  readonly add?: readonly NewLocation[];
  readonly describe?: readonly { readonly id: number; readonly metadata: NewLocation["metadata"] }[];
}

interface Changing {
  readonly imageId: string;
  /** Microseconds since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly locations?: LocationChanges;
}

/**
 * What a failed import left on the record of an image without data, an http location mostly (spec/locations.md section
 * 2.1), goes when the image begins to get other data: readers would be led to bytes that are not the image's.
 */
export const forgetLeftovers = (db: D1Database, { imageId }: Changing, { holds, values }: Guarded) =>
  db
    .prepare(`DELETE FROM image_locations WHERE image_id = ? AND status = 'active' AND ${holds}`)
    .bind(imageId, ...values);

/** Rows of `image_locations` that change with the image's row, under its guard. */
export function locationStatements(db: D1Database, t: Changing, guarded: Guarded): D1PreparedStatement[] {
  const { holds, values } = guarded;
  const { add = [], describe = [], forget = false, remove = [] } = t.locations ?? {};
  const statements: D1PreparedStatement[] = [];
  if (forget || (t.from === "queued" && add.length > 0)) statements.push(forgetLeftovers(db, t, guarded));
  if (remove.length > 0)
    statements.push(
      db
        .prepare(
          `UPDATE image_locations SET status = 'pending_delete'
           WHERE image_id = ? AND id IN (SELECT value FROM json_each(?)) AND ${holds}`,
        )
        .bind(t.imageId, JSON.stringify(remove), ...values),
    );
  for (const { id, metadata } of describe)
    statements.push(
      db
        .prepare(`UPDATE image_locations SET metadata = ? WHERE image_id = ? AND id = ? AND ${holds}`)
        .bind(JSON.stringify(metadata), t.imageId, id, ...values),
    );
  for (const { url, store, metadata } of add)
    statements.push(
      db
        .prepare(
          `INSERT INTO image_locations (image_id, url, store, metadata, status, created_at)
           SELECT ?, ?, ?, ?, 'active', ? WHERE ${holds}`,
        )
        .bind(t.imageId, url, store, JSON.stringify(metadata), t.at, ...values),
    );
  return statements;
}
