import type { ImageRecord } from "../domain/image.ts";
import type { ImageMember, MemberStatus } from "../domain/member.ts";
import { hasChanged } from "./has-changed.ts";
import { findImageStatement, type RecordRow, recordOf } from "./images.ts";

const COLUMNS = "image_id AS imageId, member, status, created_at AS createdAt, updated_at AS updatedAt";

/** The image as `findImage` finds it, and all its members or the named one, in one round trip. */
export async function imageWithMembers(
  db: D1Database,
  { imageId, projectId, member }: { imageId: string; projectId: string | null; member?: string },
): Promise<{ image: ImageRecord | undefined; members: ImageMember[] }> {
  const [image, members] = await db.batch([
    findImageStatement(db, imageId, projectId),
    db
      .prepare(
        `SELECT ${COLUMNS} FROM image_members WHERE image_id = ?1 AND (?2 IS NULL OR member = ?2)
         ORDER BY created_at, member`,
      )
      .bind(imageId, member ?? null),
  ]);
  const [row] = (image?.results ?? []) as RecordRow[];
  return { image: row && recordOf(row), members: (members?.results ?? []) as ImageMember[] };
}

/** A change of members was authorised for the image as it was read, and is made only while that still holds. */
const STILL_SHARED =
  "EXISTS (SELECT 1 FROM images WHERE id = ?1 AND owner IS ?2 AND visibility = 'shared' AND deleted_at IS NULL)";

/** Why nothing was written: the member exists, the image has as many as it may, or the image has changed. */
export type NotAdded = "present" | "full" | "changed";

/** Shares the image with the project. Of two calls at once that name the same project, one adds it. */
export async function addMember(
  db: D1Database,
  image: ImageRecord,
  { member, now, quota }: { member: string; now: number; quota: number },
): Promise<ImageMember | NotAdded> {
  const statements = [
    db
      .prepare(
        `INSERT INTO image_members (image_id, member, status, created_at, updated_at)
         SELECT ?1, ?3, 'pending', ?4, ?4 WHERE ${STILL_SHARED}
           AND (?5 < 0 OR (SELECT count(*) FROM image_members WHERE image_id = ?1) < ?5)
         ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      )
      .bind(image.id, image.owner, member, now, quota),
    db.prepare("SELECT 1 FROM image_members WHERE image_id = ? AND member = ?").bind(image.id, member),
    db.prepare(`SELECT ${STILL_SHARED} AS holds`).bind(image.id, image.owner),
  ];
  const [added, present, unchanged] = await db.batch(statements);
  const [row] = (added?.results ?? []) as ImageMember[];
  if (row) return row;
  const [{ holds }] = (unchanged?.results ?? []) as [{ holds: number }];
  if (!holds) return "changed";
  return present?.results.length ? "present" : "full";
}

/**
 * Sets the project's status for the image. Undefined if the image is not shared with the project, or has changed since
 * it was read.
 */
export async function setMemberStatus(
  db: D1Database,
  image: ImageRecord,
  { member, now, status }: { member: string; now: number; status: MemberStatus },
): Promise<ImageMember | undefined> {
  const row = await db
    .prepare(
      `UPDATE image_members SET status = ?4, updated_at = max(updated_at + 1, ?5)
       WHERE image_id = ?1 AND member = ?3 AND ${STILL_SHARED} RETURNING ${COLUMNS}`,
    )
    .bind(image.id, image.owner, member, status, now)
    .first<ImageMember>();
  return row ?? undefined;
}

/** False if there was no such member, or if the image has changed since it was read. */
export async function removeMember(db: D1Database, image: ImageRecord, member: string): Promise<boolean> {
  const removed = await db
    .prepare(`DELETE FROM image_members WHERE image_id = ?1 AND member = ?3 AND ${STILL_SHARED}`)
    .bind(image.id, image.owner, member)
    .run();
  return hasChanged(removed);
}
