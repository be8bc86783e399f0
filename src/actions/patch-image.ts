import { changeImage } from "../db/images.ts";
import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import { changeOf, changesNothing } from "../domain/image-change.ts";
import type { Operation, PatchVersion } from "../domain/patch.ts";
import { authorize } from "../domain/policy.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

/** Times a patch is decided anew because the image moved since it was read. */
const DECISIONS = 20;

/**
 * `PATCH /v2/images/{id}`: all operations or none (spec/images.md section 5). Whoever changes the image meanwhile,
 * another patch or an upload that ends, makes the patch be decided again, so that neither loses what it wrote.
 */
export async function patchImage(
  scope: Scope,
  id: string,
  { operations, version }: { operations: readonly Operation[]; version: PatchVersion },
): Promise<ImageRecord> {
  const { caller, config, env } = scope;
  for (let decision = 0; decision < DECISIONS; decision++) {
    const image = await visibleImage(scope, id);
    authorize("modify_image", caller, image);
    const change = changeOf(image, operations, {
      ...{ caller, version },
      quotas: config.limits,
      protection: config.propertyProtection,
    });
    if (changesNothing(change)) return image;
    const now = Date.now() * 1000;
    const changed = await changeImage(env.DB, image, change, { now, projectId: caller.projectId });
    if (changed) return changed;
  }
  throw new ServiceError("conflict", `Image ${id} is being changed by others; try again.`);
}
