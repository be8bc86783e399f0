import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import type { ImageMetadata } from "../domain/image-change.ts";
import { readImage } from "./catalogue-copies.ts";
import { hasChanged } from "./has-changed.ts";
import { metadataColumns, metadataStatements } from "./image-metadata.ts";

/**
 * The columns of a record, for an image `i` and the asking project `?1`. Properties, tags and locations come as JSON,
 * so that one statement, and one round trip to the database, fetches whole images.
 */
export const RECORD_COLUMNS = `
  i.id, i.name, i.status, i.visibility, i.protected, i.os_hidden AS osHidden, i.owner,
  i.disk_format AS diskFormat, i.container_format AS containerFormat,
  i.min_disk AS minDisk, i.min_ram AS minRam, i.size, i.virtual_size AS virtualSize,
  i.checksum, i.os_hash_algo AS osHashAlgo, i.os_hash_value AS osHashValue,
  i.created_at AS createdAt, i.updated_at AS updatedAt, i.generation,
  (SELECT json_group_object(p.name, p.value) FROM image_properties p WHERE p.image_id = i.id) AS properties,
  (SELECT json_group_array(t.value) FROM image_tags t WHERE t.image_id = i.id) AS tags,
  (SELECT json_group_array(json_object('id', l.id, 'url', l.url, 'store', l.store, 'metadata', json(l.metadata)))
    FROM (SELECT * FROM image_locations WHERE image_id = i.id AND status = 'active' ORDER BY id) l) AS locations,
  EXISTS (SELECT 1 FROM image_members m WHERE m.image_id = i.id AND m.member = ?1) AS isMember`;

export type RecordRow = Omit<
  ImageRecord,
  "protected" | "osHidden" | "isMember" | "properties" | "tags" | "locations"
> & {
  protected: number;
  osHidden: number;
  isMember: number;
  properties: string;
  tags: string;
  locations: string;
};

export const recordOf = (row: RecordRow): ImageRecord => ({
  ...row,
  protected: row.protected === 1,
  osHidden: row.osHidden === 1,
  isMember: row.isMember === 1,
  properties: JSON.parse(row.properties),
  tags: JSON.parse(row.tags),
  locations: JSON.parse(row.locations),
});

const FIND_IMAGE = `SELECT ${RECORD_COLUMNS} FROM images i
  WHERE i.id = ?2 AND i.deleted_at IS NULL AND i.status <> 'pending_delete'`;

/** The statement of `findImage`, for a batch. */
export const findImageStatement = (
  db: D1Database,
  id: string,
  projectId: string | null,
): D1PreparedStatement => db.prepare(FIND_IMAGE).bind(projectId, id);

/**
 * The image with this id, unless it is deleted or pending deletion. Visibility is not checked: `visibleImage` does
 * that. The record says whether `projectId` is a member.
 */
export async function findImage(
  db: D1Database,
  id: string,
  projectId: string | null,
): Promise<ImageRecord | undefined> {
  return readImage(db, { id, projectId }, async () => {
    const row = await findImageStatement(db, id, projectId).first<RecordRow>();
    return row === null ? undefined : recordOf(row);
  });
}

/**
 * Properties and tags of an image, each list from one JSON parameter: there may be more of them than parameters are
 * allowed.
 */
const INSERT_PROPERTIES = `INSERT INTO image_properties (image_id, name, value)
  SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2)`;
const INSERT_TAGS = "INSERT INTO image_tags (image_id, value) SELECT ?1, value FROM json_each(?2)";

/** Gives no id, and so inserts nothing, if the owner already has as many images as `?`. */
const ID_WITHIN_QUOTA = `CASE
  WHEN coalesce((SELECT images FROM project_usage WHERE project = ?), 0) < ? THEN ? END`;

/**
 * Inserts a whole new image. Rejects `conflict` if the id is taken, even by a deleted image, and `tooLarge` if the
 * owner already has `mostImages`.
 */
export async function insertImage(
  db: D1Database,
  image: ImageRecord,
  mostImages: number | null = null,
): Promise<void> {
  const { id, ...row } = columnsOf(image);
  const names = Object.keys(row);
  const limited = mostImages !== null;
  const statements = [
    db
      .prepare(
        `INSERT INTO images (id, ${names.join(", ")})
         VALUES (${[limited ? ID_WITHIN_QUOTA : "?", ...names.map(() => "?")].join(", ")})`,
      )
      .bind(...(limited ? [image.owner, mostImages] : []), id ?? null, ...Object.values(row)),
  ];
  const properties = Object.entries(image.properties);
  if (properties.length > 0)
    statements.push(db.prepare(INSERT_PROPERTIES).bind(image.id, JSON.stringify(properties)));
  if (image.tags.length > 0)
    statements.push(db.prepare(INSERT_TAGS).bind(image.id, JSON.stringify(image.tags)));
  try {
    await db.batch(statements);
  } catch (cause) {
    if (String(cause).includes("NOT NULL constraint failed: images.id"))
      throw new ServiceError(
        "tooLarge",
        `Project ${image.owner} may have ${mostImages} images, and has them.`,
      );
    if (!String(cause).includes("UNIQUE constraint failed: images.id")) throw cause;
    throw new ServiceError("conflict", `Image ID ${image.id} already exists!`);
  }
}

const columnsOf = (image: ImageRecord): Record<string, string | number | null> => ({
  id: image.id,
  name: image.name,
  status: image.status,
  visibility: image.visibility,
  protected: Number(image.protected),
  os_hidden: Number(image.osHidden),
  owner: image.owner,
  disk_format: image.diskFormat,
  container_format: image.containerFormat,
  min_disk: image.minDisk,
  min_ram: image.minRam,
  created_at: image.createdAt,
  updated_at: image.updatedAt,
});

/**
 * Applies the change, in one batch, to the image as it was when the change was decided, and returns the image as it is
 * then. Undefined, and nothing written, if the image has changed or gone since: every statement requires that neither
 * its status nor its metadata has changed. Columns that the change does not name are not written.
 */
export async function changeImage(
  db: D1Database,
  image: ImageRecord,
  change: ImageMetadata,
  { now, projectId }: { now: number; projectId: string | null },
): Promise<ImageRecord | undefined> {
  const guard = [image.id, image.generation, image.updatedAt] as const;
  const columns = Object.entries(metadataColumns(change));
  const statements = [
    ...metadataStatements(db, image.id, change, {
      holds: `EXISTS (SELECT 1 FROM images WHERE ${UNCHANGED})`,
      values: guard,
    }),
    // Always a new time: another change that was decided on this state must not pass its guard.
    db
      .prepare(
        `UPDATE images SET ${columns.map(([name]) => `${name} = ?, `).join("")}updated_at = max(updated_at + 1, ?)
         WHERE ${UNCHANGED}`,
      )
      .bind(...columns.map(([, value]) => value), now, ...guard),
    findImageStatement(db, image.id, projectId),
  ];
  const results = await db.batch<RecordRow>(statements);
  const row = results.at(-1)?.results[0];
  return hasChanged(results.at(-2)) && row ? recordOf(row) : undefined;
}

const UNCHANGED = "id = ? AND generation = ? AND updated_at = ? AND deleted_at IS NULL";
