import { ServiceError } from "../domain/errors.ts";
import type { ImageLocation, ImageRecord } from "../domain/image.ts";
import { isWritable } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import type { Scope } from "./scope.ts";

/**
 * Rejects `busy` if other data depends on what is to be removed; then nothing has been removed (spec/stores.md section
 * 4.3). This must be checked first, because the bytes are removed later, when no caller could be told. If the store
 * does not answer, that is an outage: its data may be in use.
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

/** No dependents if the bytes are gone already, or if the store does not remove them itself. */
async function dependentsOf(ask: () => Promise<readonly string[]> | undefined): Promise<readonly string[]> {
  try {
    return (await ask()) ?? [];
  } catch (error) {
    if (error instanceof ServiceError && (error.kind === "notFound" || error.kind === "invalid")) return [];
    throw error;
  }
}
