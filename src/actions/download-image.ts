import { isAdmin } from "../domain/caller.ts";
import { ServiceError } from "../domain/errors.ts";
import { type ImageLocation, type ImageRecord, inWeightOrder } from "../domain/image.ts";
import { authorize } from "../domain/policy.ts";
import { WITHOUT_DATA } from "../domain/status.ts";
import { type Config, weightIn } from "../env.ts";
import { byteRange } from "../http/byte-range.ts";
import { listsTag } from "../http/entity-tag.ts";
import type { WantedBytes } from "./image-places.ts";
import { openBytes } from "./open-bytes.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

export interface DownloadRequest {
  readonly imageId: string;
  readonly range?: string;
  /** `If-Range`: the range applies only if the entity tag is this one. */
  readonly ifRange?: string;
  readonly ifNoneMatch?: string;
  /** Ids of the stores to read from first, in order, separated by commas (spec/data.md section 2.3). */
  readonly prefer?: string;
}

/** How a download is to be answered, decided before a byte is read. */
export type DownloadPlan =
  /**
   * `noData`: there is nothing to read, according to the record or because no store has it any more (spec/data.md
   * section 2).
   */
  { readonly kind: "noData" } | { readonly kind: "notModified"; readonly etag: string } | BytesPlan;

export interface BytesPlan extends WantedBytes {
  readonly kind: "bytes";
  readonly image: ImageRecord;
  readonly etag?: string;
}

export type Download =
  | Exclude<DownloadPlan, BytesPlan>
  | (BytesPlan & { readonly body: ReadableStream<Uint8Array> });

/** `GET /v2/images/{id}/file`. Every request is authorised before any bytes are read. */
export async function downloadImage(scope: Scope, request: DownloadRequest): Promise<Download> {
  const plan = await planDownload(scope, request);
  if (plan.kind !== "bytes") return plan;
  const body = await openBytes(scope, plan);
  return body ? { ...plan, body } : { kind: "noData" };
}

/** Everything but the bytes: whether the caller may have them, which of them, and where they are. */
export async function planDownload(scope: Scope, request: DownloadRequest): Promise<DownloadPlan> {
  const preferred = preferredStores(scope, request.prefer);
  const image = await visibleImage(scope, request.imageId);
  authorize("download_image", scope.caller, image);
  if (request.prefer !== undefined) authorize("download_from_store", scope.caller, image);
  if (image.status === "deactivated" && !isAdmin(scope.caller))
    throw new ServiceError(
      "forbidden",
      `The requested image ${image.id} has been deactivated. Its data is forbidden.`,
    );
  const { size } = image;
  if (WITHOUT_DATA.has(image.status) || image.locations.length === 0 || size === null)
    return { kind: "noData" };
  const etag = entityTag(image);
  const known = etag === undefined ? {} : { etag };
  if (etag && request.ifNoneMatch && listsTag(request.ifNoneMatch, etag))
    return { kind: "notModified", etag };
  const applies = request.ifRange === undefined || request.ifRange === etag;
  const range = applies ? byteRange(request.range, size) : undefined;
  const locations = inReadingOrder(image.locations, scope.config, preferred);
  return { kind: "bytes", image, size, locations, ...known, ...(range ? { range } : {}) };
}

/** Throws `invalid` for the id of a store that does not exist. */
function preferredStores({ config }: Scope, prefer: string | undefined): readonly string[] {
  const ids = prefer?.split(",").map((id) => id.trim()) ?? [];
  const unknown = ids.find((id) => !config.stores.some((store) => store.id === id));
  if (unknown !== undefined)
    throw new ServiceError(
      "invalid",
      `prefer names ${JSON.stringify(unknown.slice(0, 64))}, which is no store.`,
    );
  return ids;
}

/**
 * A strong tag, because the bytes of one image do not change once it has a hash. It says nothing across images: an owner
 * may have claimed `os_hash_value` for a location (docs/decisions/0023-the-cache-is-by-image.md).
 */
const entityTag = (image: ImageRecord): string | undefined => {
  const hash = image.osHashValue ?? image.checksum;
  return hash ? `"${hash}"` : undefined;
};

/**
 * The preferred stores first, in the given order; the rest by descending weight, then by age (spec/data.md section
 * 2.3).
 */
function inReadingOrder(
  locations: readonly ImageLocation[],
  { stores }: Config,
  preferred: readonly string[],
): ImageLocation[] {
  const preference = ({ store }: ImageLocation) =>
    preferred.includes(store) ? preferred.indexOf(store) : preferred.length;
  return inWeightOrder(locations, weightIn(stores)).sort((a, b) => preference(a) - preference(b));
}
