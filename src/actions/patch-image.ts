import { changeImage } from "../db/images.ts";
import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import { changeOf, changesNothing, type ImageChange } from "../domain/image-change.ts";
import type { Operation, PatchVersion } from "../domain/patch.ts";
import { authorize } from "../domain/policy.ts";
import { changeLocations, locationRules, refuseOverQuota, sizeOfAdded } from "./change-locations.ts";
import { decided } from "./decided.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

/**
 * `PATCH /v2/images/{id}`: all operations or none (spec/images.md section 5). Whoever changes the image meanwhile,
 * another patch or an upload that ends, makes the patch be decided again, so that neither loses what it wrote. Locations
 * are the image's object's to change: they come last, when the rest is written.
 */
export async function patchImage(
  scope: Scope,
  id: string,
  { operations, version }: { operations: readonly Operation[]; version: PatchVersion },
): Promise<ImageRecord> {
  const { caller, config } = scope;
  let left = operations;
  return decided(id, async () => {
    const image = await visibleImage(scope, id);
    authorize("modify_image", caller, image);
    const change = changeOf(image, left, {
      ...{ caller, version },
      quotas: config.limits,
      protection: config.propertyProtection,
      locations: locationRules(scope),
    });
    const { locations } = change;
    const size = locations && (await sizeOfAdded(scope, locations.add));
    if (locations && image.status === "queued") requireFormats({ ...formatsOf(image), ...change.attributes });
    if (locations) await refuseOverQuota(scope, image, locations, size);
    const changed = changesNothing(change) ? image : await written(scope, image, change);
    if (!changed || !locations) return changed;
    if (await changeLocations(scope, changed, locations, size)) return visibleImage(scope, id);
    // What is written is not to be written again: a property that is removed twice would be missing.
    left = operations.filter(({ name }) => name === "locations");
    return undefined;
  });
}

const written = ({ caller, env }: Scope, image: ImageRecord, change: ImageChange) =>
  changeImage(env.DB, image, change, { now: Date.now() * 1000, projectId: caller.projectId });

const formatsOf = ({ diskFormat, containerFormat }: ImageRecord) => ({
  disk_format: diskFormat,
  container_format: containerFormat,
});

/** An image with data has both formats (spec/states.md section 2). */
function requireFormats(formats: { disk_format?: string | null; container_format?: string | null }): void {
  if (!formats.disk_format || !formats.container_format)
    throw new ServiceError("invalid", "An image needs a disk_format and a container_format before its data.");
}
