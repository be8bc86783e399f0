import { ServiceError } from "../domain/errors.ts";
import { inWeightOrder } from "../domain/image.ts";
import { authorize } from "../domain/policy.ts";
import { weightIn } from "../env.ts";
import { changeLocations } from "./change-locations.ts";
import { refuseInUse } from "./refuse-in-use.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

/**
 * `DELETE /v2/stores/{store}/{image}`: deletes the copy that one store holds, or the first if it holds two. The checks
 * are in the order of spec/locations.md section 4. The answer does not wait for the removal of the bytes.
 */
export async function deleteStoreCopy(scope: Scope, store: string, imageId: string): Promise<void> {
  const { caller, config } = scope;
  if (!config.stores.some(({ id }) => id === store))
    throw new ServiceError("conflict", `There is no store ${JSON.stringify(store.slice(0, 64))}.`);
  await retryOnConflict(imageId, async () => {
    const image = await visibleImage(scope, imageId);
    authorize("get_image_location", caller, image);
    authorize("delete_image_location", caller, image);
    if (image.status !== "active")
      throw new ServiceError("conflict", `Image ${image.id} is ${image.status}, not active.`);
    if (image.locations.length === 1)
      throw new ServiceError("forbidden", `Image ${image.id} has no other copy; delete the image instead.`);
    const copy = inWeightOrder(image.locations, weightIn(config.stores)).find((l) => l.store === store);
    if (!copy) throw new ServiceError("notFound", `Image ${image.id} has no copy in the store ${store}.`);
    await refuseInUse(scope, image, [copy]);
    const locations = { add: [], describe: [], remove: [copy.id] };
    return (await changeLocations(scope, image, { locations })) || undefined;
  });
}
