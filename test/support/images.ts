import { env } from "cloudflare:workers";
import type { Status } from "../../src/domain/status.ts";

/** An image row of its own for a test, as `POST /v2/images` would leave it. */
export async function givenImage(
  fields: { status?: Status; owner?: string; formats?: boolean } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const now = Date.now() * 1000;
  const formats = fields.formats ?? true;
  await env.DB.prepare(
    `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format, container_format,
       min_disk, min_ram, created_at, updated_at, generation)
     VALUES (?, 'test', ?, 'shared', 0, 0, ?, ?, ?, 0, 0, ?, ?, 0)`,
  )
    .bind(
      id,
      fields.status ?? "queued",
      fields.owner ?? "p1",
      formats ? "raw" : null,
      formats ? "bare" : null,
      now,
      now,
    )
    .run();
  return id;
}

export interface ImageRow {
  readonly status: Status;
  readonly generation: number;
  readonly size: number | null;
  readonly checksum: string | null;
  readonly deleted_at: number | null;
  readonly updated_at: number;
}

export async function imageRow(id: string): Promise<ImageRow> {
  const row = await env.DB.prepare("SELECT * FROM images WHERE id = ?").bind(id).first<ImageRow>();
  if (!row) throw new Error(`there is no image ${id}`);
  return row;
}

export async function locationRows(id: string): Promise<{ url: string; status: string }[]> {
  const found = await env.DB.prepare("SELECT url, status FROM image_locations WHERE image_id = ?")
    .bind(id)
    .all<{ url: string; status: string }>();
  return found.results;
}
