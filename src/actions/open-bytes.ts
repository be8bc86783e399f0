import { ServiceError } from "../domain/errors.ts";
import { openStores } from "../stores/open.ts";
import { type OpeningTimes, Places, type WantedBytes } from "./image-places.ts";
import type { Scope } from "./scope.ts";
import { unbroken } from "./unbroken.ts";

/** A client's own patience is a minute or more; a relay's is two. */
const TIMES: OpeningTimes = { hasteSeconds: 5, patienceSeconds: 45 };

/**
 * The bytes from the first location that has all of them and gives the first one. What breaks off later is read on from
 * where it broke: at the same place where that still has the same bytes, else at the next one that has. When every place
 * has lost the image there is no data.
 */
export async function openBytes(
  scope: Pick<Scope, "config" | "env" | "log" | "requestId">,
  wanted: WantedBytes,
  times: OpeningTimes = TIMES,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const { image, locations, range, size } = wanted;
  const places = new Places(wanted, openStores(scope.config, scope.env, scope.requestId), scope.log, times);
  const found = await places.firstOf(locations, range);
  if ("source" in found) {
    const length = range ? range.end - range.start + 1 : size;
    return unbroken({ first: found.source, length, reopen: places.reopener(found.location) });
  }
  const { failure } = found;
  if (!failure) return undefined;
  // Whatever a store holds against it, the request was good.
  const why = failure instanceof ServiceError && failure.kind === "unavailable" ? ` ${failure.message}` : "";
  throw new ServiceError("unavailable", `The data of image ${image.id} cannot be read now.${why}`, {
    cause: failure,
  });
}
