import { withoutCredentials } from "./location-url.ts";
import type { Status } from "./status.ts";

/** The form of an id that a caller supplies. Either case is accepted and kept (spec/rbac.md section 9). */
export const IMAGE_ID =
  "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";

export const VISIBILITIES = ["community", "public", "private", "shared"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** Accepted formats (spec/images.md section 1.2), in the order in which the schema shows them. */
export const DISK_FORMATS = [
  "ami",
  "ari",
  "aki",
  "vhd",
  "vhdx",
  "vmdk",
  "raw",
  "qcow2",
  "vdi",
  "iso",
  "ploop",
] as const;
export const CONTAINER_FORMATS = ["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"] as const;

/** An image without what depends on the caller. */
export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: Status;
  readonly visibility: Visibility;
  readonly protected: boolean;
  readonly osHidden: boolean;
  /** Null: no owner, so only for administrators. */
  readonly owner: string | null;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** GiB. */
  readonly minDisk: number;
  /** MiB. */
  readonly minRam: number;
  /** Bytes. */
  readonly size: number | null;
  /** Bytes. */
  readonly virtualSize: number | null;
  readonly checksum: string | null;
  readonly osHashAlgo: string | null;
  readonly osHashValue: string | null;
  /** Microseconds since the epoch, like every stored time of the catalogue. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Only kernel_id and ramdisk_id may be null. May have any key, `__proto__` included. */
  readonly properties: Readonly<Record<string, string | null>>;
  readonly tags: readonly string[];
  /** Where the bytes are, in the order in which the locations were added. */
  readonly locations: readonly ImageLocation[];
}

/** A place with an image's bytes: a URL without credentials, and the id of the store that reads it. */
export interface ImageLocation {
  /** The row's id, which identifies the location within its image. */
  readonly id: number;
  readonly url: string;
  readonly store: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An image as stored in the catalogue, seen by one project. */
export interface ImageRecord extends Image {
  /** See `images.generation` in db/schema.ts. */
  readonly generation: number;
  /** Whether the asking project is a member of the image, whatever the member's status. */
  readonly isMember: boolean;
}

/** Set by the service for its own use and never shown (spec/images.md section 1.4). */
const INTERNAL_PROPERTIES: ReadonlySet<string> = new Set(["os_glance_stage_host", "os_glance_hash_op_host"]);

/** Properties whose stored null is shown as null; any other null is shown as `""` (spec/images.md section 1.3). */
const NULLABLE_PROPERTIES: ReadonlySet<string> = new Set(["kernel_id", "ramdisk_id"]);

function shownProperties(properties: Image["properties"]): Record<string, string | null> {
  const shown = Object.entries(properties).filter(([name]) => !INTERNAL_PROPERTIES.has(name));
  return Object.fromEntries(
    shown.map(([name, value]) => [name, value === null && !NULLABLE_PROPERTIES.has(name) ? "" : value]),
  );
}

/** A time in microseconds as `YYYY-MM-DDTHH:MM:SSZ`. */
export const wireTime = (microseconds: number): string =>
  `${new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19)}Z`;

/** What one caller may see of an image's locations (spec/locations.md section 6). */
export interface Exposure {
  readonly weightOf: (store: string) => number;
  readonly showMultipleLocations: boolean;
  readonly showImageDirectUrl: boolean;
  readonly isAdmin: boolean;
}

/** The heaviest store first; among stores of equal weight, the older location (spec/locations.md section 5). */
export const inWeightOrder = (
  locations: readonly ImageLocation[],
  weightOf: Exposure["weightOf"],
): ImageLocation[] => locations.toSorted((a, b) => weightOf(b.store) - weightOf(a.store));

/** The locations as callers who may see them see them, without credentials. */
export const locationViews = (image: Image, { weightOf }: Pick<Exposure, "weightOf">) =>
  inWeightOrder(image.locations, weightOf).map(({ url, metadata }) => ({
    url: withoutCredentials(url),
    metadata,
  }));

/** In the image itself, only administrators see the locations of a deactivated image. */
function shownLocations(image: Image, to: Exposure) {
  const shown = image.status === "deactivated" && !to.isAdmin ? [] : locationViews(image, to);
  const first = shown[0];
  return {
    ...(to.showImageDirectUrl && first ? { direct_url: first.url } : {}),
    ...(to.showMultipleLocations ? { locations: shown } : {}),
  };
}

/** The representation that every answer about an image carries (spec/images.md section 1.1). */
export function imageView(image: Image, to: Exposure): Record<string, unknown> {
  const self = `/v2/images/${image.id}`;
  const ordered = inWeightOrder(image.locations, to.weightOf);
  return {
    ...shownProperties(image.properties),
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: image.size,
    virtual_size: image.virtualSize,
    status: image.status,
    checksum: image.checksum,
    protected: image.protected,
    min_ram: image.minRam,
    min_disk: image.minDisk,
    owner: image.owner,
    os_hidden: image.osHidden,
    os_hash_algo: image.osHashAlgo,
    os_hash_value: image.osHashValue,
    id: image.id,
    created_at: wireTime(image.createdAt),
    updated_at: wireTime(image.updatedAt),
    ...shownLocations(image, to),
    tags: image.tags,
    self,
    file: `${self}/file`,
    schema: "/v2/schemas/image",
    ...(ordered.length > 0 ? { stores: ordered.map(({ store }) => store).join(",") } : {}),
  };
}
