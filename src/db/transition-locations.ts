import { type Fragment, type Guarded, NOTHING } from "./guarded.ts";

/** A location to add. The URL has no credentials; the metadata names the store. */
export interface NewLocation {
  readonly url: string;
  readonly store: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The changes that a transition makes to its image's locations. */
export interface LocationChanges {
  /** Row ids of the locations whose bytes are to be removed. */
  readonly remove?: readonly number[];
  /** Forgets all locations and leaves their bytes alone: they were never this image's. */
  readonly forget?: boolean;
  readonly add?: readonly NewLocation[];
  /** The URLs of `add` in stores that we delete from. */
  readonly removable?: readonly string[];
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
 * A failed import may leave a location, usually http, on the record of an image without data (spec/locations.md section
 * 2.1). It is removed when the image begins to get other data: otherwise readers would be led to bytes that are not the
 * image's.
 */
export const forgetLeftovers = (db: D1Database, { imageId }: Changing, { holds, values }: Guarded) =>
  db
    .prepare(`DELETE FROM image_locations WHERE image_id = ? AND status = 'active' AND ${holds}`)
    .bind(imageId, ...values);

/**
 * No added URL may be about to lose its bytes: a removal first checks that no image uses the bytes, then deletes them
 * (durable/removals.ts), and no image may begin to use them in between. Bytes that another image reads are kept, so their
 * URL may be added. Rows that the same batch changes are ignored, so that this holds for all its statements or for none.
 */
export function notBeingRemoved({ imageId, locations }: Pick<Changing, "imageId" | "locations">): Fragment {
  const { remove = [], removable = [] } = locations ?? {};
  if (removable.length === 0) return NOTHING;
  return {
    sql: ` AND NOT EXISTS (
      SELECT 1 FROM image_locations removed
      WHERE removed.url IN (SELECT value FROM json_each(?)) AND removed.status = 'pending_delete'
        AND removed.id NOT IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM image_locations kept
          WHERE kept.url = removed.url AND kept.status = 'active' AND kept.image_id <> ?))`,
    values: [JSON.stringify(removable), JSON.stringify(remove), imageId],
  };
}

/** Whether that guard was the reason why a transition failed. */
export async function isBeingRemoved(
  db: D1Database,
  changing: Pick<Changing, "imageId" | "locations">,
): Promise<boolean> {
  const { sql, values } = notBeingRemoved(changing);
  if (sql === "") return false;
  const holds = db.prepare(`SELECT 1 WHERE 1${sql}`).bind(...values);
  return (await holds.first()) === null;
}

/** The rows of `image_locations` that change with the image's row, under its guard. */
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
