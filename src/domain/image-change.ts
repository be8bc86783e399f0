import { type Caller, isAdmin } from "./caller.ts";
import { ServiceError } from "./errors.ts";
import type { ImageRecord } from "./image.ts";
import {
  type Attributes,
  type CountQuotas,
  checkPropertyCount,
  checkPropertySize,
  checkTags,
  isAttribute,
} from "./image-attributes.ts";
import { type LocationChange, type LocationRules, PatchedLocations } from "./location-change.ts";
import type { Operation, PatchVersion } from "./patch.ts";
import { authorize } from "./policy.ts";
import {
  mayTouchProperty,
  type PropertyOperation,
  type PropertyProtection,
  requireProperty,
} from "./property-protection.ts";
import { FORMATS_OPEN } from "./status.ts";

/** The changes to an image's metadata. What they do not name keeps whatever others write meanwhile. */
export interface ImageMetadata {
  readonly attributes: Partial<Attributes>;
  readonly setProperties: readonly (readonly [name: string, value: string | null])[];
  readonly removeProperties: readonly string[];
  /** All tags of the changed image; absent: unchanged. */
  readonly tags?: readonly string[];
}

/** What a patch changes. */
export interface ImageChange {
  readonly metadata: ImageMetadata;
  /** If there are any, the image's object makes the whole change (actions/patch-image.ts). */
  readonly locations?: LocationChange;
}

const forbidden = (message: string) => new ServiceError("forbidden", message);

/** The rules for a patch that do not depend on the image. */
interface Rules {
  readonly caller: Caller;
  readonly version: PatchVersion;
  readonly quotas: CountQuotas;
  readonly protection: PropertyProtection;
  readonly locations: LocationRules;
}

/**
 * The result of applying the operations to the image in order. Throws the refusal of the first that is not allowed
 * (spec/images.md sections 5.2 to 5.6). The caller must have checked `modify_image`, which precedes every operation.
 */
export function changeOf(
  image: ImageRecord,
  operations: readonly Operation[],
  { caller, version, quotas, protection, locations: locationRules }: Rules,
): ImageChange {
  const attributes: Record<string, unknown> = {};
  const properties = new Map(Object.entries(image.properties));
  let tags: readonly string[] | undefined;
  const locations = new PatchedLocations(image, locationRules);
  for (const operation of operations) {
    const { verb, name, value } = operation;
    if (name === "locations") {
      locations.apply(operation);
      continue;
    }
    const isBase = name === "tags" || isAttribute(name);
    // What the caller may not read does not exist for it (spec/rbac.md section 6).
    const asked = { caller, target: image };
    const exists = isBase || (properties.has(name) && mayTouchProperty(protection, "read", name, asked));
    if (verb === "remove" && isBase) throw forbidden(`Property ${name} may not be removed.`);
    if (verb === "add" && version === "2.0" && exists)
      throw new ServiceError("conflict", `Property ${name} already present.`);
    if (verb !== "add" && !exists) throw new ServiceError("conflict", `Property ${name} does not exist.`);
    if (!isBase) requireProperty(protection, operationOn(exists, verb), name, asked);
    if (verb === "remove") properties.delete(name);
    else if (name === "tags") tags = value as string[];
    else if (isBase) {
      refuseAttribute(image, caller, name, value);
      attributes[name] = value;
    } else properties.set(name, value as string | null);
  }
  const moved = locations.change;
  const stored = new Map(Object.entries(image.properties));
  const setProperties = [...properties].filter(([name, value]) => stored.get(name) !== value);
  // Only additions are refused: an image that exceeds a quota may shrink and still exceed it.
  if (setProperties.some(([name]) => !stored.has(name))) checkPropertyCount(properties.keys(), quotas);
  if (setProperties.length > 0) checkPropertySize(properties);
  if (tags?.some((tag) => !image.tags.includes(tag))) checkTags(tags, quotas);
  return {
    metadata: {
      attributes,
      setProperties,
      removeProperties: [...stored.keys()].filter((name) => !properties.has(name)),
      ...(tags === undefined ? {} : { tags }),
    },
    ...(moved ? { locations: moved } : {}),
  };
}

export const changesNothing = (metadata: ImageMetadata): boolean =>
  Object.keys(metadata.attributes).length === 0 &&
  metadata.setProperties.length === 0 &&
  metadata.removeProperties.length === 0 &&
  metadata.tags === undefined;

/** Adding something that exists updates it (spec/images.md section 5.4). */
function operationOn(exists: boolean, verb: Operation["verb"]): PropertyOperation {
  if (verb === "remove") return "delete";
  return exists ? "update" : "create";
}

function refuseAttribute(image: ImageRecord, caller: Caller, name: string, value: unknown): void {
  if (name === "owner" && !isAdmin(caller)) throw forbidden("Owner can't be updated by non admin.");
  if (name === "visibility" && value === "public") authorize("publicize_image", caller, image);
  if (name === "visibility" && value === "community") authorize("communitize_image", caller, image);
  if ((name === "disk_format" || name === "container_format") && !FORMATS_OPEN.has(image.status))
    throw forbidden(`Attribute ${name} can be only replaced for a queued image.`);
}
