import { ServiceError } from "../domain/errors.ts";
import { type BlobKey, isBlobKey, type Location, type LocationNames } from "./contract.ts";

/** The cluster and the pool of a store. */
export interface RbdPool {
  readonly fsid: string;
  readonly pool: string;
}

export interface RbdPlace {
  readonly image: BlobKey;
  /** Absent: the image itself, as the oldest form of locations names it. */
  readonly snapshot?: string;
}

/** The snapshot that every complete image has (spec/stores.md section 4.1). */
export const RBD_SNAPSHOT = "snap";

export const rbdLocationOf = ({ fsid, pool }: RbdPool, image: BlobKey): Location =>
  ["rbd:/", fsid, encodeURIComponent(pool), image, RBD_SNAPSHOT].join("/");

/**
 * What a location names in this pool, whichever service wrote it: `rbd://<fsid>/<pool>/<image>/<snapshot>`, each part
 * percent-encoded, or `rbd://<image>`, written by the oldest services. Undefined for a location in another cluster or
 * pool, or of another form.
 */
export function rbdPlaceIn({ fsid, pool }: RbdPool, location: Location): RbdPlace | undefined {
  const parts = partsOf(location);
  const image = parts?.length === 1 ? parts[0] : parts?.[2];
  if (!parts || image === undefined || !isBlobKey(image)) return undefined;
  if (parts.length === 1) return { image };
  const snapshot = parts[3] ?? "";
  if (parts.length !== 4 || parts[0] !== fsid || parts[1] !== pool || !isBlobKey(snapshot)) return undefined;
  return { image, snapshot };
}

/** As `rbdPlaceIn`, but throws `invalid` for a location of another store. */
export function rbdPlaceOf(pool: RbdPool, location: Location): RbdPlace {
  const place = rbdPlaceIn(pool, location);
  if (!place) throw new ServiceError("invalid", "The location belongs to another store.");
  return place;
}

/** How locations in the pool name its images. */
export const rbdNames = (pool: RbdPool): LocationNames => ({
  locationOf: (key) => rbdLocationOf(pool, key),
  keyOf: (location) => rbdPlaceOf(pool, location).image,
});

function partsOf(location: Location): string[] | undefined {
  const rest = /^rbd:\/\/([!-~]+)$/i.exec(location)?.[1];
  try {
    return rest?.split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
