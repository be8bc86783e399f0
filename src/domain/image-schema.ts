import { CONTAINER_FORMATS, DISK_FORMATS, IMAGE_ID, VISIBILITIES } from "./image.ts";
import { STATUSES } from "./status.ts";

/**
 * The JSON schema of an image (spec/schemas.md section 1). glanceclient checks what it sends against it; Nova and
 * Cinder read formats and `is_base` from it. Without `is_base` an attribute is a base attribute; clients do not send
 * `readOnly` ones. What the service itself accepts is in image-attributes.ts.
 */

type Schema = Record<string, unknown>;

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });
const textOrNull = (description: string, maxLength: number, more: Schema = {}): Schema => ({
  type: ["null", "string"],
  description,
  maxLength,
  ...more,
});
const readOnly = { readOnly: true };
const additional = { is_base: false };

const baseAttributes: Schema = {
  id: text("Identifier of the image", { pattern: IMAGE_ID }),
  name: textOrNull("Name of the image, for people", 255),
  status: text("What state the image is in", { ...readOnly, enum: STATUSES }),
  visibility: text("Who may see the image", { enum: VISIBILITIES }),
  protected: { type: "boolean", description: "If true, the image cannot be deleted." },
  os_hidden: {
    type: "boolean",
    description: "If true, lists leave the image out unless asked for hidden images.",
  },
  checksum: textOrNull("MD5 of the image data, in hexadecimal", 32, readOnly),
  os_hash_algo: textOrNull("Algorithm that os_hash_value was made with", 64, readOnly),
  os_hash_value: textOrNull("Digest of the image data by os_hash_algo, in hexadecimal", 128, readOnly),
  owner: textOrNull("Project that owns the image", 255),
  size: { type: ["null", "integer"], ...readOnly, description: "Size of the image data, in bytes" },
  virtual_size: {
    type: ["null", "integer"],
    ...readOnly,
    description: "Size of the disk that the image data describes, in bytes",
  },
  container_format: {
    type: ["null", "string"],
    description: "Format of the container around the disk",
    enum: [null, ...CONTAINER_FORMATS],
  },
  disk_format: { type: ["null", "string"], description: "Format of the disk", enum: [null, ...DISK_FORMATS] },
  created_at: text("When the image was registered", readOnly),
  updated_at: text("When the image last changed", readOnly),
  tags: {
    type: "array",
    description: "Words to find the image by",
    items: { type: "string", maxLength: 255 },
  },
  direct_url: text("URL of the image data in its store", readOnly),
  min_ram: { type: "integer", description: "Memory that booting the image takes at least, in MiB" },
  min_disk: { type: "integer", description: "Disk that booting the image takes at least, in GiB" },
  self: text("URL of the image", readOnly),
  file: text("URL of the image data", readOnly),
  stores: text("Stores that hold the image data, separated by commas", readOnly),
  schema: text("URL of this schema", readOnly),
  locations: {
    type: "array",
    description: "Where the image data is kept",
    items: {
      type: "object",
      properties: {
        url: { type: "string", maxLength: 255 },
        metadata: { type: "object" },
        validation_data: {
          description: "Hashes of the data, which must equal those the image already has",
          type: "object",
          writeOnly: true,
          additionalProperties: false,
          properties: {
            checksum: { type: "string", minLength: 32, maxLength: 32 },
            os_hash_algo: { type: "string", maxLength: 64 },
            os_hash_value: { type: "string", maxLength: 128 },
          },
          required: ["os_hash_algo", "os_hash_value"],
        },
      },
      required: ["url", "metadata"],
    },
  },
};

const wellKnownProperties: Schema = {
  kernel_id: {
    type: ["null", "string"],
    pattern: IMAGE_ID,
    description: "Image that holds the kernel, for an image of the AMI kind",
    ...additional,
  },
  ramdisk_id: {
    type: ["null", "string"],
    pattern: IMAGE_ID,
    description: "Image that holds the ramdisk, for an image of the AMI kind",
    ...additional,
  },
  instance_uuid: text("Server that the image was made from", additional),
  architecture: text("Processor architecture of the operating system", additional),
  os_distro: text("Distribution of the operating system, by its common name", additional),
  os_version: text("Version of the operating system", additional),
  description: text("Description of the image, for people", additional),
  cinder_encryption_key_id: text("Key, in the key manager, of volumes made from the image", additional),
  cinder_encryption_key_deletion_policy: text("When that key is deleted; without a policy, never", {
    enum: ["on_image_deletion", "do_not_delete"],
    ...additional,
  }),
};

export const IMAGE_SCHEMA = {
  name: "image",
  properties: { ...baseAttributes, ...wellKnownProperties },
  additionalProperties: { type: "string" },
  links: [
    { rel: "self", href: "{self}" },
    { rel: "enclosure", href: "{file}" },
    { rel: "describedby", href: "{schema}" },
  ],
};

export const IMAGES_SCHEMA = {
  name: "images",
  properties: {
    images: { type: "array", items: IMAGE_SCHEMA },
    first: { type: "string" },
    next: { type: "string" },
    schema: { type: "string" },
  },
  links: [
    { rel: "first", href: "{first}" },
    { rel: "next", href: "{next}" },
    { rel: "describedby", href: "{schema}" },
  ],
};
