import type { Usage } from "../domain/quotas.ts";

const NOTHING: Usage = { images: 0, uploading: 0, bytes: 0, stagedBytes: 0, reservedBytes: 0 };

/** What a project uses, as counted by the triggers (docs/decisions/0012-usage-is-counted-by-triggers.md). */
export async function projectUsage(db: D1Database, project: string): Promise<Usage> {
  const row = await db
    .prepare(
      `SELECT images, uploading, bytes, staged_bytes AS stagedBytes, reserved_bytes AS reservedBytes
       FROM project_usage WHERE project = ?`,
    )
    .bind(project)
    .first<Usage>();
  return row ?? NOTHING;
}
