import { isAdmin, isService } from "../domain/caller.ts";
import { type Refusal, ServiceError } from "../domain/errors.ts";
import {
  isForbiddenLocation,
  isHttpLocation,
  withoutCredentials,
  withoutStoreCredentials,
} from "../domain/location-url.ts";
import { authorize } from "../domain/policy.ts";
import { mostOf } from "../domain/quotas.ts";
import { type ClaimedHash, HASH_CHARS } from "../domain/validation-data.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done } from "../durable/transfers.ts";
import { mayBeRead, ownerOf } from "../stores/open.ts";
import { limitsOf } from "./project-limits.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

export interface LocationRequest {
  readonly url: string;
  readonly claimed?: ClaimedHash;
  /** As the caller sent it; shown in the task. */
  readonly validationData: unknown;
}

/**
 * `POST /v2/images/{id}/locations`: starts the work and does not wait for it. The checks are in the order of
 * spec/locations.md section 2; the task finds out what the URL leads to.
 */
export async function importLocation(scope: Scope, imageId: string, request: LocationRequest): Promise<void> {
  const { caller, config, env, requestId } = scope;
  const image = await visibleImage(scope, imageId);
  if (image.status !== "queued")
    throw new ServiceError("conflict", `Image ${image.id} is ${image.status}, not queued.`);
  authorize("add_image_location", caller, image);
  // The task is created, and runs, in the caller's name (spec/rbac.md section 2).
  authorize("add_task", caller);
  authorize("modify_task", caller);
  const takesHttp = isHttpLocation(request.url) && config.stores.some(({ type }) => type === "http");
  if (!takesHttp && !isService(caller) && !isAdmin(caller))
    throw new ServiceError("forbidden", "Only services add locations that are no http URLs.");
  // A Nova that gets this answer uploads the snapshot instead; it would never hear of a task that fails later
  // (spec/consumers.md section 2.1).
  if (!isForbiddenLocation(request.url) && !mayBeRead(config.stores, request.url))
    throw new ServiceError("forbidden", "No store here reads locations of this kind.");
  const { claimed } = request;
  if (claimed && claimed.value.length !== HASH_CHARS[claimed.algo])
    throw new ServiceError("invalid", `os_hash_value is not as long as a ${claimed.algo} is.`);
  // From here on no password is kept: the task would show it. The store that knows such URLs judges the rest of it.
  const kept = withoutStoreCredentials(request.url);
  const url = kept !== request.url && ownerOf(config.stores, kept) ? kept : withoutCredentials(request.url);
  const { uploading } = claimed ? mostOf(await limitsOf(scope, image.owner)) : { uploading: null };
  const verdict = await ask<Done | Refusal>(async () =>
    coordinatorOf(env, image.id).importLocation({
      url,
      ...(claimed ? { claimed, mostUploading: uploading } : {}),
      task: {
        id: crypto.randomUUID(),
        type: "location_import",
        owner: caller.projectId ?? "",
        imageId: image.id,
        requestId,
        userId: caller.userId,
        createdAt: Date.now() * 1000,
        input: { image_id: image.id, loc_url: url, validation_data: request.validationData },
      },
    }),
  );
  if (!verdict.ok) throw new ServiceError(verdict.kind, verdict.message);
}
