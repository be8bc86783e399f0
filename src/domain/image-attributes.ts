import { z } from "zod";
import { LOCATIONS_JSON_BYTES, METADATA_JSON_BYTES, PROPERTY_VALUE_BYTES } from "../limits.ts";
import { ServiceError } from "./errors.ts";
import { CONTAINER_FORMATS, DISK_FORMATS, IMAGE_ID, VISIBILITIES } from "./image.ts";
import { inWords } from "./in-words.ts";

/** What callers may write of an image, and which values are valid (spec/images.md sections 1 to 5). */

const invalid = (message: string) => new ServiceError("invalid", message);
const forbidden = (message: string) => new ServiceError("forbidden", message);

/**
 * Neither NUL nor, as in Glance's three-byte columns, anything above U+FFFF (spec/image-api-v2.md section 2.4). This is
 * also a pattern in the OpenAPI document, so it has no surrogates, which regular expressions of other languages do not
 * know.
 */
export const STORABLE = "^[\\u0001-\\ud7ff\\ue000-\\uffff]*$";
const storable = new RegExp(STORABLE);
/** Text that can be stored; other text gives the message `otherwise`. */
export const storableText = (otherwise: string) => z.string().regex(storable, otherwise);

const text = storableText("must not have a NUL or a character above U+FFFF");
const text255 = text.max(255, "is longer than 255 characters");
const imageId = z.string().regex(new RegExp(IMAGE_ID), "is not a UUID");
const quantity = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const attributes = {
  name: text255.nullable(),
  visibility: z.enum(VISIBILITIES),
  protected: z.boolean(),
  os_hidden: z.boolean(),
  owner: text255.nullable(),
  disk_format: z.enum(DISK_FORMATS).nullable(),
  container_format: z.enum(CONTAINER_FORMATS).nullable(),
  /** GiB. */
  min_disk: quantity,
  /** MiB. */
  min_ram: quantity,
};

/** The attributes that have columns of their own, under the names that both the API and the catalogue use. */
export type Attributes = { -readonly [K in keyof typeof attributes]: z.output<(typeof attributes)[K]> };
export type AttributeName = keyof Attributes;

export const isAttribute = (name: string): name is AttributeName => Object.hasOwn(attributes, name);

const tags = z.array(text255).transform((list) => [...new Set(list)]);

/** Properties whose values are restricted. */
const propertiesOfForm = {
  kernel_id: imageId.nullable(),
  ramdisk_id: imageId.nullable(),
  cinder_encryption_key_deletion_policy: z.enum(["on_image_deletion", "do_not_delete"]),
};
const values: Readonly<Record<string, z.ZodType<string | null>>> = propertiesOfForm;
const anyValue = text.refine(
  (value) => utf8Bytes(value) <= PROPERTY_VALUE_BYTES,
  `is longer than ${PROPERTY_VALUE_BYTES} bytes`,
);

/** Everything by name, to describe what a create takes; `property` stands for any other property. */
export const writable = { id: imageId, ...attributes, tags, ...propertiesOfForm, property: anyValue };

function check<T>(name: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: inWords });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = ["", ...(issue?.path ?? [])].join("/");
  throw invalid(`Attribute '${name}'${where}: ${issue?.message ?? "is not valid"}`);
}

export const readAttribute = <K extends AttributeName>(name: K, value: unknown): Attributes[K] =>
  check(name, attributes[name] as unknown as z.ZodType<Attributes[K]>, value);

export const readTags = (value: unknown): string[] => check("tags", tags, value);

/** One tag, as it stands in a path. */
export const readTag = (value: unknown): string => check("tag", text255, value);

export const readImageId = (value: unknown): string => check("id", imageId, value);

/** The value of an additional property. The name, too, must be storable. */
export function readProperty(name: string, value: unknown): string | null {
  if (name === "" || name.length > 255 || !storable.test(name))
    throw invalid("The name of a property has 1 to 255 characters, none of them NUL or above U+FFFF.");
  return check(name, Object.hasOwn(values, name) ? (values[name] ?? anyValue) : anyValue, value);
}

const READ_ONLY = new Set([
  "status",
  "checksum",
  "size",
  "virtual_size",
  "os_hash_algo",
  "os_hash_value",
  "created_at",
  "updated_at",
  "self",
  "file",
  "schema",
  "direct_url",
  "stores",
]);
const RESERVED = new Set(["location", "deleted", "deleted_at"]);

/** Properties that belong to the service (spec/images.md section 1.4). The rule has no underscore after the prefix. */
export const isServiceOwned = (name: string): boolean => name.startsWith("os_glance");

/** Throws `forbidden` for attributes that no caller may write (spec/rbac.md section 8). */
export function refuseUnwritable(name: string): void {
  if (READ_ONLY.has(name)) throw forbidden(`Attribute '${name}' is read-only.`);
  if (RESERVED.has(name) || isServiceOwned(name))
    throw forbidden(`Attribute '${name.slice(0, 255)}' is reserved.`);
}

/** -1: no limit. */
export interface CountQuotas {
  readonly imagePropertyQuota: number;
  readonly imageTagQuota: number;
}

function requireCount(what: string, count: number, quota: number): void {
  if (quota >= 0 && count > quota)
    throw new ServiceError(
      "tooLarge",
      `An image has at most ${quota} ${what}; this one would have ${count}.`,
    );
}

function requireReadable(what: string, metadata: unknown, most = METADATA_JSON_BYTES): void {
  if (utf8Bytes(JSON.stringify(metadata)) > most)
    throw new ServiceError("tooLarge", `The ${what} are together longer than ${most} bytes.`);
}

/** Throws `tooLarge` for too many properties. The service's own do not count. */
export function checkPropertyCount(names: Iterable<string>, quotas: CountQuotas): void {
  const count = [...names].filter((name) => !isServiceOwned(name)).length;
  requireCount("properties", count, quotas.imagePropertyQuota);
}

/** Throws `tooLarge` for properties that together are too long to be read in one piece. */
export const checkPropertySize = (properties: ReadonlyMap<string, string | null>): void =>
  requireReadable("properties", Object.fromEntries(properties));

/** Throws `tooLarge` for locations that, with their metadata, are together too long to be read in one piece. */
export const checkLocationSize = (locations: readonly unknown[]): void =>
  requireReadable("locations", locations, LOCATIONS_JSON_BYTES);

/** Throws `tooLarge` for too many tags, or tags that are together too long. */
export function checkTags(list: readonly string[], quotas: CountQuotas): void {
  requireCount("tags", list.length, quotas.imageTagQuota);
  requireReadable("tags", list);
}

function utf8Bytes(value: string): number {
  return new TextEncoder().encode(value).byteLength;
}
