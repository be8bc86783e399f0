import { changeImage } from "../db/images.ts";
import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import { changeOf, changesNothing } from "../domain/image-change.ts";
import type { Operation, PatchVersion } from "../domain/patch.ts";
import { authorize } from "../domain/policy.ts";
import { changeLocations, locationRules, sizeOfAdded } from "./change-locations.ts";
import { refuseInUse } from "./refuse-in-use.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

/**
 * `PATCH /v2/images/{id}`: all operations or none (spec/images.md section 5). If another patch, or an upload that ends,
 * changes the image meanwhile, the patch is decided again, so that neither overwrites the other. Locations are changed
 * by the image's object, together with the metadata.
 */
export async function patchImage(
  scope: Scope,
  id: string,
  { operations, version }: { operations: readonly Operation[]; version: PatchVersion },
): Promise<ImageRecord> {
  const { caller, config, env } = scope;
  return retryOnConflict(id, async () => {
    const image = await visibleImage(scope, id);
    authorize("modify_image", caller, image);
    const change = changeOf(image, operations, {
      ...{ caller, version },
      quotas: config.limits,
      protection: config.propertyProtection,
      locations: locationRules(scope),
    });
    const { locations, metadata } = change;
    if (!locations) {
      if (changesNothing(metadata)) return image;
      return changeImage(env.DB, image, metadata, { now: Date.now() * 1000, projectId: caller.projectId });
    }
    const size = await sizeOfAdded(scope, locations.add);
    if (image.status === "queued") requireFormats({ ...formatsOf(image), ...metadata.attributes });
    const removed = image.locations.filter((location) => locations.remove.includes(location.id));
    await refuseInUse(scope, image, removed);
    const done = await changeLocations(scope, image, { ...change, locations }, size);
    return done ? visibleImage(scope, id) : undefined;
  });
}

const formatsOf = ({ diskFormat, containerFormat }: ImageRecord) => ({
  disk_format: diskFormat,
  container_format: containerFormat,
});

/** An image with data needs both formats (spec/states.md section 2). */
function requireFormats(formats: { disk_format?: string | null; container_format?: string | null }): void {
  if (!formats.disk_format || !formats.container_format)
    throw new ServiceError("invalid", "An image needs a disk_format and a container_format before its data.");
}
