import { ServiceError } from "../domain/errors.ts";
import type { ImageLocation, ImageRecord } from "../domain/image.ts";
import { isWritable } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import type { Scope } from "./scope.ts";

/**
 * Rejects `busy` where other data depends on what is to be removed, and nothing has been removed then (spec/stores.md
 * section 4.3). The bytes themselves go later, when nobody hears any more that they cannot. A store that does not answer
 * is an outage: what it keeps may be in use.
 */
export async function refuseInUse(
  { config, env, requestId }: Scope,
  { id }: ImageRecord,
  locations: readonly ImageLocation[],
): Promise<void> {
  const stores = openStores(config, env, requestId);
  for (const { store, url } of locations) {
    const holder = stores.get(store);
    if (!isWritable(holder)) continue;
    const names = await dependentsOf(() => holder.dependents?.(url));
    if (names.length > 0)
      throw new ServiceError("busy", `Image ${id} is in use in the store ${store}, by ${names.join(", ")}.`);
  }
}

/** None, where the bytes are gone already, or where it is not the store's to remove them. */
async function dependentsOf(ask: () => Promise<readonly string[]> | undefined): Promise<readonly string[]> {
  try {
    return (await ask()) ?? [];
  } catch (error) {
    if (error instanceof ServiceError && (error.kind === "notFound" || error.kind === "invalid")) return [];
    throw error;
  }
}
