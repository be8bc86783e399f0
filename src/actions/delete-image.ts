import { type Refusal, ServiceError } from "../domain/errors.ts";
import { authorize } from "../domain/policy.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done } from "../durable/transfers.ts";
import { refuseInUse } from "./refuse-in-use.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

/**
 * `DELETE /v2/images/{id}`: the record is deleted when this resolves, the bytes soon after (spec/images.md section 6).
 */
export async function deleteImage(scope: Scope, imageId: string): Promise<void> {
  const image = await visibleImage(scope, imageId);
  authorize("delete_image", scope.caller, image);
  if (image.protected)
    throw new ServiceError(
      "forbidden",
      `Image ${image.id} is protected and cannot be deleted; unprotect it first.`,
    );
  await refuseInUse(scope, image, image.locations);
  const seen = { status: image.status, generation: image.generation };
  const verdict = await ask<Done | Refusal>(async () => coordinatorOf(scope.env, image.id).delete(seen));
  if (verdict.ok) return;
  const kind = verdict.kind === "gone" ? "notFound" : verdict.kind;
  throw new ServiceError(kind, kind === "notFound" ? `No image found with ID ${image.id}` : verdict.message);
}
