import { projectUsage } from "../db/project-usage.ts";
import { noRoom } from "../db/reservations.ts";
import { type Refusal, ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import type { LocationChange, LocationRules, NewPlace } from "../domain/location-change.ts";
import { noSuchImage } from "../domain/policy.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done } from "../durable/transfers.ts";
import { storageBytesOf, weightIn } from "../env.ts";
import { openStores, ownerOf } from "../stores/open.ts";
import type { Scope } from "./scope.ts";

export const locationRules = ({ caller, config }: Scope): LocationRules => ({
  caller,
  showMultipleLocations: config.locations.showMultipleLocations,
  weightOf: weightIn(config.stores),
  quota: config.limits.imageLocationQuota,
  hashAlgo: config.transfers.hashAlgo,
  storeOf: (url, named) => ownerOf(config.stores, url, named)?.id,
});

/**
 * Rejects `invalid` for a location that cannot be read, whatever the reason (spec/locations.md section 1.1). The size of
 * the first of those that are added.
 */
export async function sizeOfAdded(scope: Scope, added: readonly NewPlace[]): Promise<number | undefined> {
  const stores = openStores(scope.config, scope.env, scope.requestId);
  const sizes = await Promise.all(
    added.map(async ({ store, url }) => {
      try {
        return (await stores.get(store)?.stat(url))?.size;
      } catch (cause) {
        throw new ServiceError("invalid", "There is no image data at the location, or it cannot be read.", {
          cause,
        });
      }
    }),
  );
  return sizes[0];
}

/**
 * Rejects `tooLarge` where the owner's quota of bytes has no room for what is added (spec/quotas.md section 3), before
 * anything else of the patch is written. The change itself is bounded again, among others of this moment.
 */
export async function refuseOverQuota(
  { config, env }: Scope,
  image: ImageRecord,
  { add, remove }: LocationChange,
  size = image.size ?? 0,
): Promise<void> {
  const most = image.owner === null ? null : storageBytesOf(config.quotas, image.owner);
  const more = size * (add.length - remove.length);
  if (image.owner === null || most === null || more <= 0) return;
  const { bytes, reservedBytes } = await projectUsage(env.DB, image.owner);
  if (bytes + reservedBytes + more > most) throw new ServiceError("tooLarge", noRoom(image.owner, most));
}

/**
 * Has the image's object make the change on the image as it was read; false when the image has moved since, so that the
 * change is to be decided anew.
 */
export async function changeLocations(
  scope: Scope,
  { id, status, generation }: ImageRecord,
  { add, claimed, describe, remove }: LocationChange,
  size?: number,
): Promise<boolean> {
  const activates = status === "queued" && size !== undefined;
  const verdict = await ask<Done | Refusal>(async () =>
    coordinatorOf(scope.env, id).changeLocations(
      { status, generation },
      {
        locations: { add, describe, remove },
        ...(activates
          ? {
              columns: {
                size,
                checksum: claimed?.checksum ?? null,
                os_hash_algo: claimed?.algo ?? null,
                os_hash_value: claimed?.value ?? null,
              },
            }
          : {}),
      },
    ),
  );
  if (verdict.ok) return true;
  if (verdict.kind === "busy") return false;
  if (verdict.kind === "gone") throw noSuchImage(id);
  throw new ServiceError(verdict.kind, verdict.message);
}
