import { ServiceError } from "../domain/errors.ts";
import { openStores } from "../stores/open.ts";
import { type OpeningTimes, Places, type WantedBytes } from "./image-places.ts";
import type { Scope } from "./scope.ts";
import { unbroken } from "./unbroken.ts";

/** A client waits at least a minute; a relay waits two. */
const TIMES: OpeningTimes = { hasteSeconds: 5, patienceSeconds: 45 };

/**
 * The bytes from the first location that has all of them and delivers the first one. If it breaks off later, reading
 * resumes there, provided that it still has the same bytes, or else at the next location that has them. If every
 * location has lost the image, there is no data.
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
  // Whatever is wrong with the store, the request was good.
  const why = failure instanceof ServiceError && failure.kind === "unavailable" ? ` ${failure.message}` : "";
  throw new ServiceError("unavailable", `The data of image ${image.id} cannot be read now.${why}`, {
    cause: failure,
  });
}
