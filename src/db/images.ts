import type { ImageRecord } from "../domain/image.ts";

/**
 * What a record is read from, for an image `i` and the asking project `?1`. Properties, tags and stores come as JSON,
 * so that one statement, and one trip to the database, fetches whole images.
 */
export const RECORD_COLUMNS = `
  i.id, i.name, i.status, i.visibility, i.protected, i.os_hidden AS osHidden, i.owner,
  i.disk_format AS diskFormat, i.container_format AS containerFormat,
  i.min_disk AS minDisk, i.min_ram AS minRam, i.size, i.virtual_size AS virtualSize,
  i.checksum, i.os_hash_algo AS osHashAlgo, i.os_hash_value AS osHashValue,
  i.created_at AS createdAt, i.updated_at AS updatedAt, i.generation,
  (SELECT json_group_object(p.name, p.value) FROM image_properties p WHERE p.image_id = i.id) AS properties,
  (SELECT json_group_array(t.value) FROM image_tags t WHERE t.image_id = i.id) AS tags,
  (SELECT json_group_array(l.store) FROM
    (SELECT store FROM image_locations WHERE image_id = i.id AND status = 'active' ORDER BY id) l) AS stores,
  EXISTS (SELECT 1 FROM image_members m WHERE m.image_id = i.id AND m.member = ?1) AS isMember`;

export type RecordRow = Omit<
  ImageRecord,
  "protected" | "osHidden" | "isMember" | "properties" | "tags" | "stores"
> & {
  protected: number;
  osHidden: number;
  isMember: number;
  properties: string;
  tags: string;
  stores: string;
};

export const recordOf = (row: RecordRow): ImageRecord => ({
  ...row,
  protected: row.protected === 1,
  osHidden: row.osHidden === 1,
  isMember: row.isMember === 1,
  properties: JSON.parse(row.properties),
  tags: JSON.parse(row.tags),
  stores: JSON.parse(row.stores),
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
 * The image of this id, unless it was deleted or is about to be. Visibility is not applied: `visibleImage` does that.
 * `projectId` is whose membership the record tells.
 */
export async function findImage(
  db: D1Database,
  id: string,
  projectId: string | null,
): Promise<ImageRecord | undefined> {
  const row = await findImageStatement(db, id, projectId).first<RecordRow>();
  return row === null ? undefined : recordOf(row);
}
