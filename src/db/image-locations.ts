/** A location whose bytes are to be removed. */
export interface UnwantedLocation {
  readonly url: string;
  readonly store: string;
}

/** Locations whose bytes are still to be removed. */
export async function locationsToRemove(db: D1Database, imageId: string): Promise<UnwantedLocation[]> {
  const found = await db
    .prepare("SELECT url, store FROM image_locations WHERE image_id = ? AND status = 'pending_delete'")
    .bind(imageId)
    .all<UnwantedLocation>();
  return found.results;
}

/** Whether an active image has its bytes here. Such bytes stay, whatever queued them for removal. */
export async function isLocationInUse(db: D1Database, url: string): Promise<boolean> {
  const found = await db
    .prepare("SELECT 1 FROM image_locations WHERE url = ? AND status = 'active' LIMIT 1")
    .bind(url)
    .first();
  return found !== null;
}

/** Forgets a location once its store has confirmed that the bytes are gone. */
export async function forgetLocation(db: D1Database, imageId: string, url: string): Promise<void> {
  await db
    .prepare("DELETE FROM image_locations WHERE image_id = ? AND url = ? AND status = 'pending_delete'")
    .bind(imageId, url)
    .run();
}
