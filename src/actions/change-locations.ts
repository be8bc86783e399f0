import { type Refusal, ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import { changesNothing, type ImageMetadata } from "../domain/image-change.ts";
import type { LocationChange, LocationRules, NewPlace } from "../domain/location-change.ts";
import { noSuchImage } from "../domain/policy.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import { locationReserve } from "../durable/location-quota.ts";
import type { Done } from "../durable/transfers.ts";
import { weightIn } from "../env.ts";
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
 * Returns the size of the first added location. Rejects `invalid` if one cannot be read, whatever the reason
 * (spec/locations.md section 1.1).
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
 * Has the image's object make the change, and with it the change of metadata, both or neither, provided that the image
 * is still as it was read. False if it has changed since: then the change must be decided again.
 */
export async function changeLocations(
  scope: Scope,
  { id, owner, size: known, status, generation, updatedAt }: ImageRecord,
  { locations, metadata }: { readonly locations: LocationChange; readonly metadata?: ImageMetadata },
  size?: number,
): Promise<boolean> {
  const { add, claimed, describe, remove } = locations;
  const activates = status === "queued" && size !== undefined;
  const verdict = await ask<Done | Refusal>(async () =>
    coordinatorOf(scope.env, id).changeLocations(
      { status, generation },
      {
        locations: { add, describe, remove },
        ...locationReserve(scope.config.quotas, {
          owner,
          size: activates ? size : known,
          more: add.length - remove.length,
        }),
        ...(metadata && !changesNothing(metadata) ? { metadata: { ...metadata, updatedAt } } : {}),
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
