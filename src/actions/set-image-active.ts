import { type Refusal, ServiceError } from "../domain/errors.ts";
import { authorize, noSuchImage } from "../domain/policy.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done } from "../durable/transfers.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

const TARGET = { deactivate: "deactivated", reactivate: "active" } as const;

/**
 * `POST …/actions/deactivate` and `…/reactivate`. Succeeds if the image already has the status; `forbidden` in any
 * status but these two (spec/data.md section 4).
 */
export async function setImageActive(
  scope: Scope,
  imageId: string,
  event: "deactivate" | "reactivate",
): Promise<void> {
  await retryOnConflict(imageId, async () => {
    const image = await visibleImage(scope, imageId);
    authorize(event, scope.caller, image);
    const { status, generation } = image;
    if (status === TARGET[event]) return true;
    if (status !== "active" && status !== "deactivated")
      throw new ServiceError("forbidden", `Not allowed to ${event} an image in status '${status}'.`);
    const verdict = await ask<Done | Refusal>(async () =>
      coordinatorOf(scope.env, image.id).setActive(event, { status, generation }),
    );
    if (verdict.ok) return true;
    if (verdict.kind === "gone") throw noSuchImage(imageId);
    // Another call was first: the image's new status decides about this one.
    if (verdict.kind === "illegalTransition") return undefined;
    throw new ServiceError(verdict.kind, verdict.message);
  });
}
