import { type Refusal, refuse, ServiceError } from "../domain/errors.ts";
import type { ImageEvent, Status } from "../domain/status.ts";
import type { ImageStore } from "../stores/contract.ts";

/** Why an event is not for an image in this status. */
export function refusedIn(imageId: string, event: ImageEvent, status: Status): Refusal {
  if (status === "deleted") return refuse("gone", `Image ${imageId} was deleted.`);
  if (event === "beginUpload")
    return refuse("conflict", `Image ${imageId} is ${status}; only queued images accept an upload.`);
  return refuse("illegalTransition", `Image ${imageId} is ${status}, which does not allow this.`);
}

/** Why an image did not move that stands where it stood: what src/db/transitions.ts asks for beside. */
export const unmet = (imageId: string, event: ImageEvent): Refusal =>
  event === "delete"
    ? refuse("forbidden", `Image ${imageId} is protected and cannot be deleted; unprotect it first.`)
    : refuse("invalid", `Image ${imageId} needs a disk_format and a container_format first.`);

/** Whether the store has nothing under the key; a refusal where it cannot say. */
export async function isFree(store: ImageStore, key: string): Promise<boolean | Refusal> {
  try {
    await store.stat(store.locationOf(key));
    return false;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.kind === "notFound" || refuse(error.kind, error.message);
  }
}
