import type { Most } from "../domain/quotas.ts";
import { RESERVATION_BYTES } from "../limits.ts";
import { type Fragment, NOTHING } from "./guarded.ts";

/** What an upload reserves of its owner's quota as it begins. */
export interface Reserving {
  readonly most: Most;
  /** The announced bytes, all of which must fit. Absent if unknown: then whatever is left, up to `step`. */
  readonly size?: number;
  readonly step: number;
}

/** The usage of the owner of `images`, for statements on that table. */
const USED = "coalesce((SELECT bytes + reserved_bytes FROM project_usage WHERE project = images.owner), 0)";
const UPLOADING = "coalesce((SELECT uploading FROM project_usage WHERE project = images.owner), 0)";

/**
 * A share of what is left, up to the wanted bytes, bound as `[bytes, most, most]`. If little is left, an upload takes
 * an eighth of it at a time, so that others get some too. Numbers are bound as REAL.
 */
const share = (wanted: string) =>
  `CAST(max(0, min(${wanted}, max((? - ${USED}) / ${RESERVATION_BYTES.shares}, min(? - ${USED}, ${RESERVATION_BYTES.least})))) AS INTEGER)`;

/** The value of `reserved_bytes` for an upload that begins. */
export function reservedAtFirst({ most, size, step }: Reserving): Fragment {
  if (size !== undefined || most.bytes === null) return { sql: "?", values: [size ?? 0] };
  return { sql: share("?"), values: [step, most.bytes, most.bytes] };
}

/** The condition on the owner's quotas for an upload to begin. */
export function quotaGuard({ most, size = 0 }: Reserving): Fragment {
  const { sql, values } =
    most.bytes === null ? NOTHING : { sql: ` AND ${USED} + ? <= ?`, values: [size, most.bytes] };
  if (most.uploading === null) return { sql, values };
  return { sql: `${sql} AND ${UPLOADING} < ?`, values: [...values, most.uploading] };
}

export interface Extension {
  readonly imageId: string;
  /** The row's generation since the upload began. */
  readonly generation: number;
  /** How many bytes the upload wants to have in all. */
  readonly bytes: number;
  /** The owner's limit; null: none. */
  readonly mostBytes: number | null;
}

/**
 * Enlarges a reservation as far as the owner's quota allows, and returns the result. Undefined if the upload has ended.
 */
export async function extendReservation(db: D1Database, asked: Extension): Promise<number | undefined> {
  const { imageId, generation, bytes, mostBytes } = asked;
  const more =
    mostBytes === null
      ? { sql: "max(0, ? - reserved_bytes)", values: [bytes] }
      : { sql: share("? - reserved_bytes"), values: [bytes, mostBytes, mostBytes] };
  const row = await db
    .prepare(
      `UPDATE images SET reserved_bytes = reserved_bytes + ${more.sql}
       WHERE id = ? AND status = 'saving' AND generation = ? RETURNING reserved_bytes AS bytes`,
    )
    .bind(...more.values, imageId, generation)
    .first<{ bytes: number }>();
  return row?.bytes;
}

/** Describes the quota that prevented an upload from beginning; undefined if none did. */
export async function quotaMet(
  db: D1Database,
  imageId: string,
  { most, size = 0 }: Reserving,
): Promise<string | undefined> {
  const row = await db
    .prepare(`SELECT owner, ${USED} AS used, ${UPLOADING} AS uploading FROM images WHERE id = ?`)
    .bind(imageId)
    .first<{ owner: string; used: number; uploading: number }>();
  if (!row) return undefined;
  if (most.uploading !== null && row.uploading >= most.uploading)
    return `Project ${row.owner} may write ${most.uploading} images at a time, and does.`;
  if (most.bytes !== null && row.used + size > most.bytes) return noRoom(row.owner, most.bytes);
  return undefined;
}

export const noRoom = (project: string | null, mostBytes: number): string =>
  `The images of project ${project} may have ${mostBytes} bytes in all, and there is no room for this one.`;

/** The project to whose quota an image counts, and its size; undefined if there is no such image. */
export async function imageOwner(
  db: D1Database,
  imageId: string,
): Promise<{ owner: string | null; size: number | null } | undefined> {
  const row = await db
    .prepare("SELECT owner, size FROM images WHERE id = ?")
    .bind(imageId)
    .first<{ owner: string | null; size: number | null }>();
  return row ?? undefined;
}
