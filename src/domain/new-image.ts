import type { Caller } from "./caller.ts";
import { ServiceError } from "./errors.ts";
import type { ImageRecord } from "./image.ts";
import {
  type Attributes,
  type CountQuotas,
  checkPropertyCount,
  checkPropertySize,
  checkTags,
  isAttribute,
  readAttribute,
  readImageId,
  readProperty,
  readTags,
  refuseUnwritable,
} from "./image-attributes.ts";
import { authorize } from "./policy.ts";

/** The content of a `POST /v2/images`. What is absent has the defaults of spec/images.md section 1.1. */
export interface ImageRequest {
  readonly id?: string;
  readonly attributes: Partial<Attributes>;
  readonly properties: ReadonlyMap<string, string | null>;
  readonly tags: readonly string[];
}

/**
 * Parses the body of `POST /v2/images`. Throws `invalid` if it is malformed, `forbidden` for attributes that nobody may
 * set.
 */
export function parseImageRequest(body: unknown): ImageRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ServiceError("invalid", "The request body must be a JSON object.");
  const attributes: Record<string, unknown> = {};
  const properties = new Map<string, string | null>();
  let id: string | undefined;
  let tags: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (name === "id") id = readImageId(value);
    else if (name === "tags") tags = readTags(value);
    else if (isAttribute(name)) attributes[name] = readAttribute(name, value);
    else if (name === "locations") throw new ServiceError("forbidden", "Attribute 'locations' is reserved.");
    // The service computes the hashes; like the reference, it ignores given ones (spec/images.md section 1.1).
    else if (name !== "os_hash_algo" && name !== "os_hash_value") {
      refuseUnwritable(name);
      properties.set(name, readProperty(name, value));
    }
  }
  return { ...(id === undefined ? {} : { id }), attributes, properties, tags };
}

/** The new image, if the caller may create it; otherwise `forbidden` by policy, or `tooLarge` by quota. */
export function newImage(
  request: ImageRequest,
  caller: Caller,
  quotas: CountQuotas,
  given: { readonly id: string; readonly now: number },
): ImageRecord {
  const { attributes, properties, tags } = request;
  const owner = attributes.owner === undefined ? caller.projectId : attributes.owner;
  const visibility = attributes.visibility ?? "shared";
  const target = { id: null, owner, visibility, isMember: false };
  authorize("add_image", caller, target);
  if (attributes.owner === undefined && owner === null)
    throw new ServiceError("forbidden", "A token without a project cannot create an image.");
  if (visibility === "public") authorize("publicize_image", caller, target);
  if (visibility === "community") authorize("communitize_image", caller, target);
  checkPropertyCount(properties.keys(), quotas);
  checkPropertySize(properties);
  checkTags(tags, quotas);
  return {
    id: request.id ?? given.id,
    name: attributes.name ?? null,
    status: "queued",
    visibility,
    protected: attributes.protected ?? false,
    osHidden: attributes.os_hidden ?? false,
    owner,
    diskFormat: attributes.disk_format ?? null,
    containerFormat: attributes.container_format ?? null,
    minDisk: attributes.min_disk ?? 0,
    minRam: attributes.min_ram ?? 0,
    size: null,
    virtualSize: null,
    checksum: null,
    osHashAlgo: null,
    osHashValue: null,
    createdAt: given.now,
    updatedAt: given.now,
    generation: 0,
    properties: Object.fromEntries(properties),
    tags,
    locations: [],
    isMember: false,
  };
}
