import { quotaMet } from "../db/reservations.ts";
import { isBeingRemoved } from "../db/transition-locations.ts";
import { imageStanding, type StandingRow, type Transition } from "../db/transitions.ts";
import { type Refusal, refuse, ServiceError } from "../domain/errors.ts";
import type { ImageEvent, Status } from "../domain/status.ts";
import type { ImageStore } from "../stores/contract.ts";

/** A signed request that came a second time. */
export const SEEN_BEFORE = refuse("replayed", "The request was seen before.");

/** Why an event is not allowed for an image in this status. */
export function refusedIn(imageId: string, event: ImageEvent, status: Status): Refusal {
  if (status === "deleted") return refuse("gone", `Image ${imageId} was deleted.`);
  if (event === "beginUpload")
    return refuse("conflict", `Image ${imageId} is ${status}; only queued images accept an upload.`);
  return refuse("illegalTransition", `Image ${imageId} is ${status}, which does not allow this.`);
}

/**
 * Why an image did not move although its status and generation are unchanged: one of the other conditions in
 * src/db/transitions.ts.
 */
export async function unmet(db: D1Database, transition: Transition, now: StandingRow): Promise<Refusal> {
  const { event, imageId, metadata, reserve } = transition;
  if (metadata && metadata.updatedAt !== now.updatedAt) return changedMeanwhile(imageId);
  if (event === "delete")
    return refuse("forbidden", `Image ${imageId} is protected and cannot be deleted; unprotect it first.`);
  if (await isBeingRemoved(db, transition))
    return refuse("conflict", "The data at a location are being removed, and can be no image's any more.");
  const quota = reserve && (await quotaMet(db, imageId, reserve));
  return quota
    ? refuse("tooLarge", quota)
    : refuse("invalid", `Image ${imageId} needs a disk_format and a container_format first.`);
}

export const changedMeanwhile = (imageId: string): Refusal =>
  refuse("busy", `Image ${imageId} was changed meanwhile.`);

/** Why a lease is lost. */
export async function leaseLost(db: D1Database, imageId: string): Promise<Refusal> {
  const standing = await imageStanding(db, imageId);
  if (!standing || standing.status === "deleted")
    return refuse("gone", `Image ${imageId} was deleted during the upload.`);
  return refuse("conflict", `The upload to image ${imageId} was silent for too long and has been given up.`);
}

/** Whether the store has nothing under the key; a refusal if it cannot say. */
export async function isFree(store: ImageStore, key: string): Promise<boolean | Refusal> {
  try {
    await store.stat(store.locationOf(key));
    return false;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.kind === "notFound" || refuse(error.kind, error.message);
  }
}
