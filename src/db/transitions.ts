import type { ImageMetadata } from "../domain/image-change.ts";
import type { ImageEvent, Status } from "../domain/status.ts";
import { type Fragment, joined, NOTHING } from "./guarded.ts";
import { hasChanged } from "./has-changed.ts";
import { metadataColumns, metadataStatements } from "./image-metadata.ts";
import { quotaGuard, type Reserving, reservedAtFirst } from "./reservations.ts";
import { endTaskStatements, failTasksStatements, type TaskEnd } from "./tasks.ts";
import {
  forgetLeftovers,
  type LocationChanges,
  locationStatements,
  notBeingRemoved,
} from "./transition-locations.ts";

/**
 * One status change, decided and recorded before it is made. Committing it twice has the effect of once: it matches the
 * row only while that has the status and generation on which it was decided.
 */
export interface Transition {
  readonly imageId: string;
  readonly event: ImageEvent;
  readonly from: Status;
  readonly to: Status;
  /** The row's generation before the change, which raises it by one. */
  readonly generation: number;
  /** Microseconds since the epoch. */
  readonly at: number;
  /** `beginUpload`: bytes announced, 0 when unknown (spec/data.md section 1.1). */
  readonly announcedSize?: number;
  /** What an upload or an added location reserves of the owner's quota, if there is that much. */
  readonly reserve?: Reserving;
  /** `finishUpload`: what was written, and where. */
  readonly data?: {
    readonly size: number;
    readonly checksum: string;
    readonly hashAlgo: string;
    readonly hashValue: string;
    readonly location: string;
    readonly store: string;
  };
  /** The changes to the image's locations (transition-locations.ts). */
  readonly locations?: LocationChanges;
  /** The image's columns that change with them, by name. */
  readonly columns?: ImageColumns;
  /**
   * What a patch changes besides the locations, provided that the image is still as it was at `updatedAt`
   * (microseconds).
   */
  readonly metadata?: ImageMetadata & { readonly updatedAt: number };
  /** The task that this ends, or whose state it changes. */
  readonly task?: TaskEnd;
}

/** What an event adds to a transition. */
export type TransitionFields = Pick<
  Transition,
  "announcedSize" | "reserve" | "data" | "locations" | "columns" | "metadata" | "task"
>;

/** What locations bring along: sizes in bytes, digests in hexadecimal; null where there is none. */
export interface ImageColumns {
  readonly size?: number | null;
  readonly virtual_size?: null;
  readonly checksum?: string | null;
  readonly os_hash_algo?: string | null;
  readonly os_hash_value?: string | null;
}

/** The outcome: whether this commit moved the image, and the image's state now. */
export interface Verdict {
  readonly moved: boolean;
  readonly now: StandingRow | undefined;
}

export interface StandingRow extends Standing {
  readonly reservedBytes: number;
  readonly updatedAt: number;
}

/** The state of an image on which a transition is decided. */
export interface Standing {
  readonly status: Status;
  readonly generation: number;
}

/** The row is as the decision saw it. */
const unmoved = ({ imageId, from, generation, metadata }: Transition): Fragment => ({
  sql: `id = ? AND status = ? AND generation = ?${metadata ? " AND updated_at = ?" : ""}`,
  values: [imageId, from, generation, ...(metadata ? [metadata.updatedAt] : [])],
});

const WITH_FORMATS = " AND disk_format IS NOT NULL AND container_format IS NOT NULL";

/** Additional conditions when an event is committed: a patch may have come after the decision. */
const PROVIDED: Partial<Record<ImageEvent, string>> = {
  // An image becomes active only with both formats, so neither may be removed while the upload begins.
  beginUpload: WITH_FORMATS,
  addLocation: WITH_FORMATS,
  beginImport: WITH_FORMATS,
  finishImport: WITH_FORMATS,
  delete: " AND protected = 0",
};

/** A change with metadata was decided on the whole row, and so on the formats that the image will have. */
const provided = (t: Transition): Fragment =>
  joined({ sql: t.metadata ? "" : (PROVIDED[t.event] ?? ""), values: [] }, notBeingRemoved(t));

/** The condition that every statement of a transition carries. */
function guardOf(t: Transition): Fragment {
  const within = t.event === "beginUpload" && t.reserve ? quotaGuard(t.reserve) : NOTHING;
  return joined(unmoved(t), provided(t), within, claimed(t));
}

/**
 * Rows of locations count against the quota as they are written, so the reservation comes first and then serves as the
 * guard. It is at least one byte, which nobody sees, because all of it is released in the same batch.
 */
const claimOf = ({ event, reserve }: Transition): number =>
  event === "beginUpload" || !reserve ? 0 : Math.max(1, reserve.size ?? 0);
const claimed = (t: Transition): Fragment =>
  claimOf(t) > 0 ? { sql: " AND reserved_bytes = ?", values: [claimOf(t)] } : NOTHING;

function claimStatements(db: D1Database, t: Transition): D1PreparedStatement[] {
  if (!t.reserve || claimOf(t) === 0) return [];
  const { sql, values } = joined(unmoved(t), provided(t), quotaGuard(t.reserve));
  return [db.prepare(`UPDATE images SET reserved_bytes = ? WHERE ${sql}`).bind(claimOf(t), ...values)];
}

const standingStatement = (db: D1Database, imageId: string): D1PreparedStatement =>
  db
    .prepare(
      "SELECT status, generation, reserved_bytes AS reservedBytes, updated_at AS updatedAt FROM images WHERE id = ?",
    )
    .bind(imageId);

/** The columns that each event sets besides status, generation and updated_at. */
function imageColumns(t: Transition): Record<string, string | number | null> {
  switch (t.event) {
    case "beginUpload":
      return { size: t.announcedSize ?? 0 };
    case "finishUpload":
      return {
        size: t.data?.size ?? null,
        checksum: t.data?.checksum ?? null,
        os_hash_algo: t.data?.hashAlgo ?? null,
        os_hash_value: t.data?.hashValue ?? null,
      };
    // Entering queued from another status clears the sizes (spec/states.md section 2).
    case "failUpload":
      return { size: null, virtual_size: null };
    case "delete":
      return { deleted_at: t.at };
    default:
      return { ...t.columns, ...(t.metadata ? metadataColumns(t.metadata) : {}) };
  }
}

/**
 * Rows of other tables that change with the status. They are written first, under the same guard, and the image's row
 * last.
 */
function dependents(db: D1Database, t: Transition): D1PreparedStatement[] {
  const { sql, values: guard } = guardOf(t);
  const holds = `EXISTS (SELECT 1 FROM images WHERE ${sql})`;
  const guarded = { holds, values: guard };
  if (t.locations || t.task)
    return [
      ...locationStatements(db, t, guarded),
      ...(t.metadata ? metadataStatements(db, t.imageId, t.metadata, guarded) : []),
      ...(t.task ? endTaskStatements(db, t.task, t.at, guarded) : []),
    ];
  if (t.event === "beginUpload") return [forgetLeftovers(db, t, guarded)];
  if (t.event === "finishUpload" && t.data)
    return [
      db
        .prepare(
          `INSERT INTO image_locations (image_id, url, store, metadata, status, created_at)
           SELECT ?, ?, ?, ?, 'active', ? WHERE ${holds}`,
        )
        .bind(
          t.imageId,
          t.data.location,
          t.data.store,
          JSON.stringify({ store: t.data.store }),
          t.at,
          ...guard,
        ),
    ];
  if (t.event === "delete")
    return [
      ...["image_properties", "image_tags", "image_members"].map((table) =>
        db.prepare(`DELETE FROM ${table} WHERE image_id = ? AND ${holds}`).bind(t.imageId, ...guard),
      ),
      db
        .prepare(`UPDATE image_locations SET status = 'pending_delete' WHERE image_id = ? AND ${holds}`)
        .bind(t.imageId, ...guard),
      ...failTasksStatements(db, t.imageId, "The image was deleted.", t.at, guarded),
    ];
  return [];
}

/** Commits a transition in one guarded D1 batch, which is one transaction and one round trip. */
export async function commitTransition(db: D1Database, t: Transition): Promise<Verdict> {
  const columns = Object.entries({
    status: t.to,
    generation: t.generation + 1,
    updated_at: t.at,
    ...imageColumns(t),
  });
  // A crash may delay a transition until after later changes.
  const set = columns.map(([name]) => (name === "updated_at" ? `${name} = MAX(${name}, ?)` : `${name} = ?`));
  // What was reserved earlier and did not arrive is returned to the project.
  const upload = t.event === "beginUpload" ? t.reserve : undefined;
  const reserved = upload ? reservedAtFirst(upload) : { sql: "0", values: [] };
  const guard = guardOf(t);
  const moves = db
    .prepare(`UPDATE images SET ${set.join(", ")}, reserved_bytes = ${reserved.sql} WHERE ${guard.sql}`)
    .bind(...columns.map(([, value]) => value), ...reserved.values, ...guard.values);
  const statements = [
    ...claimStatements(db, t),
    ...dependents(db, t),
    moves,
    standingStatement(db, t.imageId),
  ];
  const results = await db.batch<StandingRow>(statements);
  return { moved: hasChanged(results.at(-2)), now: results.at(-1)?.results[0] };
}

/**
 * Withdraws a transition that was decided and possibly never committed: the generation is raised, so that a commit that
 * is still on its way matches nothing. `moved` says whether it had been committed before.
 */
export async function withdrawTransition(db: D1Database, t: Transition): Promise<Verdict> {
  const { sql, values } = unmoved(t);
  const statements = [
    db.prepare(`UPDATE images SET generation = generation + 1 WHERE ${sql}`).bind(...values),
    standingStatement(db, t.imageId),
  ];
  const [fence, after] = await db.batch<StandingRow>(statements);
  const now = after?.results[0];
  return { moved: !hasChanged(fence) && hasMoved(t, now), now };
}

/** Whether the row is in the state to which the transition leads. */
export const hasMoved = (t: Transition, now: Standing | undefined): boolean =>
  now?.status === t.to && now.generation === t.generation + 1;

/** The image's current state, as its Durable Object needs it. */
export async function imageStanding(db: D1Database, imageId: string): Promise<Standing | undefined> {
  return (await standingStatement(db, imageId).first<Standing>()) ?? undefined;
}

/**
 * Images that only their Durable Object can take further: those with an unfinished transfer, or with bytes to remove.
 */
export async function unsettledImages(db: D1Database, after: string, limit: number): Promise<string[]> {
  const found = await db
    .prepare(
      `SELECT id FROM (
         SELECT id FROM images WHERE status IN ('saving', 'uploading', 'importing') AND id > ?1
         UNION SELECT image_id FROM image_locations WHERE status = 'pending_delete' AND image_id > ?1
         UNION SELECT image_id FROM tasks WHERE status IN ('pending', 'processing') AND image_id > ?1
       ) ORDER BY id LIMIT ?2 + 0`,
    )
    .bind(after, limit)
    .all<{ id: string }>();
  return found.results.map((row) => row.id);
}
