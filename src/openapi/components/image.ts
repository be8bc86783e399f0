import { z } from "zod";
import { CONTAINER_FORMATS, DISK_FORMATS } from "../../domain/image.ts";
import { STORABLE, writable } from "../../domain/image-attributes.ts";
import { IMAGE_SCHEMA, IMAGES_SCHEMA } from "../../domain/image-schema.ts";
import { ref, type Schema } from "../describe.ts";
import { IMAGE, IMAGE_ID_EXAMPLE } from "../examples.ts";

/** The descriptions that clients get at /v2/schemas/image. */
const described = IMAGE_SCHEMA.properties as Readonly<Record<string, Schema>>;
const describedAs = (name: string): string => String(described[name]?.description);

/** Absent if the service does not show them, if there are none, or if nobody set them. */
const OPTIONAL = new Set(["direct_url", "locations", "stores"]);

const FORMATS: Readonly<Record<string, string>> = {
  created_at: "date-time",
  updated_at: "date-time",
  size: "int64",
  virtual_size: "int64",
};

/**
 * A schema in the form that suits code generators best: null last, and without words that only Glance's clients know.
 * `readOnly` makes a property optional for some generators, and this schema is only for answers.
 */
function plain({ is_base: isBase, readOnly, ...schema }: Schema): Schema {
  const type = Array.isArray(schema.type) ? schema.type.toSorted((a, b) => order(a) - order(b)) : schema.type;
  return { ...schema, ...(type === undefined ? {} : { type }) };
}
const order = (value: unknown): number => (value === "null" ? 1 : 0);

const properties = Object.fromEntries(
  Object.entries(described).map(([name, schema]) => [
    name,
    name === "locations"
      ? { type: "array", description: schema.description, items: ref("Location") }
      : { ...plain(schema), ...(FORMATS[name] ? { format: FORMATS[name] } : {}) },
  ]),
);

const always = Object.entries(described)
  .filter(([name, { is_base: isBase }]) => isBase !== false && !OPTIONAL.has(name))
  .map(([name]) => name);

const Image: Schema = {
  type: "object",
  description:
    "An image: its attributes, and beside them its additional properties under whatever names callers gave them. A value is `null` where nobody knows it yet: an image has no `size`, `checksum` or hash before it has data.",
  properties,
  required: always,
  // None of these is ever null: the two properties that may be are among those above (domain/image.ts).
  additionalProperties: { type: "string", description: "The value of an additional property" },
  example: IMAGE,
};

const ImagePage: Schema = {
  type: "object",
  description: "A page of a list of images",
  properties: {
    images: {
      type: "array",
      items: ref("Image"),
      description: "At most `limit` of them, in the order that was asked for; empty where there are no more",
    },
    first: { ...IMAGES_SCHEMA.properties.first, description: "Path and query of the first page" },
    next: {
      ...IMAGES_SCHEMA.properties.next,
      description:
        "Path and query of the page after this one. Absent where this page is not full, which makes it the last",
    },
    schema: { type: "string", description: "Path of the JSON schema of this page" },
  },
  required: ["images", "first", "schema"],
};

const attribute = <T extends z.ZodType>(name: string, schema: T) =>
  schema.optional().meta({ description: describedAs(name) });

/** The schemas with which a create is validated, attribute by attribute. */
const ImageCreate = z
  .object({
    id: writable.id
      .optional()
      .meta({ description: "Identifier of the image; without one the service makes one" }),
    name: attribute("name", writable.name),
    visibility: attribute("visibility", writable.visibility),
    protected: attribute("protected", writable.protected),
    os_hidden: attribute("os_hidden", writable.os_hidden),
    owner: writable.owner.optional().meta({
      description: "Project that owns the image; the caller's own unless an administrator says another",
    }),
    disk_format: attribute("disk_format", writable.disk_format),
    container_format: attribute("container_format", writable.container_format),
    min_disk: attribute("min_disk", writable.min_disk),
    min_ram: attribute("min_ram", writable.min_ram),
    tags: attribute("tags", writable.tags),
    kernel_id: attribute("kernel_id", writable.kernel_id),
    ramdisk_id: attribute("ramdisk_id", writable.ramdisk_id),
    cinder_encryption_key_deletion_policy: attribute(
      "cinder_encryption_key_deletion_policy",
      writable.cinder_encryption_key_deletion_policy,
    ),
  })
  .catchall(writable.property)
  .meta({
    id: "ImageCreate",
    propertyNames: { minLength: 1, maxLength: 255, pattern: STORABLE },
    description:
      "Attributes of the new image, all of them optional, and beside them additional properties: any name, and text for a value.",
    examples: [
      { name: "Debian 13", disk_format: "qcow2", container_format: "bare", min_disk: 4, os_distro: "debian" },
      { id: IMAGE_ID_EXAMPLE, name: "scratch", visibility: "private" },
    ],
  });

export const formatSchemas = {
  DiskFormat: { type: "string", description: "Format of a disk", enum: DISK_FORMATS },
  ContainerFormat: {
    type: "string",
    description: "Format of the container around a disk; `bare` where there is none",
    enum: CONTAINER_FORMATS,
  },
};
export const imageSchemas = { Image, ImagePage, ...formatSchemas };
export const imageRequests = { ImageCreate };
