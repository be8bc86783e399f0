import { CONTAINER_FORMATS, DISK_FORMATS } from "../domain/image.ts";
import { LISTED_MEMBER_STATUSES, LISTED_VISIBILITIES, SORT_KEYS } from "../domain/list-query.ts";
import { STATUSES } from "../domain/status.ts";
import {
  body,
  headers,
  json,
  NO_IMAGE,
  type Operation,
  type Parameter,
  parameter,
  query,
  ref,
  refusals,
} from "../openapi/describe.ts";
import {
  CHECKSUM_EXAMPLE,
  IMAGE,
  IMAGE_ID_EXAMPLE,
  PROJECT_ID_EXAMPLE,
  QUEUED_IMAGE,
  SHA512_EXAMPLE,
  TASK_ID_EXAMPLE,
} from "../openapi/examples.ts";

/**
 * Descriptions of the image routes for the OpenAPI document (docs/decisions/0006-chanfana-describes-our-code-reads.md).
 */

const tags = ["images"] as const;
const parameters = [parameter("image_id")];

const text = { type: "string" };
const several = (items: Parameter["schema"]) => ({ type: "array", items });
const repeated = { style: "form", explode: true };
const ANY_OF =
  "One value, or several after `in:` with commas between, each in double quotes if it has a comma. A value that has a colon comes after `eq:`. An empty one is compared like any other; an empty `in:` matches nothing";
const EXACT = "Exactly; an empty one, as any other that none has, matches nothing";
const TIME =
  "An ISO 8601 time, without a zone in UTC, with `gt:`, `gte:`, `lt:`, `lte:`, `eq:` or `neq:` before it; alone it is `eq:`, to the second. Anything else, an empty one too, is refused";
const WHOLE = { type: "integer", format: "int64" };
const FLAG = { type: "boolean" };

/** A number, as an exact value and as the two ends of a range, both included (spec/images.md section 4.3). */
const numbers = (name: string, what: string, [exact, least, most]: readonly [number, number, number]) => [
  query(name, `${what}, exactly. What is no number matches nothing`, WHOLE, exact),
  query(`${name}_min`, `${what}, at least. What is no number is refused`, WHOLE, least),
  query(`${name}_max`, `${what}, at most. What is no number is refused`, WHOLE, most),
];

const filters: readonly Parameter[] = [
  query("name", `Name of the image. ${ANY_OF}`, text, "Debian 13"),
  query("id", `Id of the image. ${ANY_OF}`, text, `in:${IMAGE_ID_EXAMPLE},${TASK_ID_EXAMPLE}`),
  query("status", `Status of the image: ${STATUSES.join(", ")}. ${ANY_OF}`, text, "in:active,deactivated"),
  query(
    "owner",
    `Id of the project that owns the image. ${EXACT}. The caller sees no more by it than without`,
    text,
    PROJECT_ID_EXAMPLE,
  ),
  query(
    "visibility",
    "Images of this visibility alone. `all` takes in the community's; without this they are left out, unless they are the caller's own. An empty one matches nothing, any other is refused",
    { type: "string", enum: LISTED_VISIBILITIES },
  ),
  query(
    "member_status",
    "Of images that are shared with the caller's project, those of which it thinks this; administrators are given all. Any other is refused, an empty one too",
    {
      type: "string",
      enum: LISTED_MEMBER_STATUSES,
      default: "accepted",
    },
  ),
  query(
    "os_hidden",
    "Only images that are hidden, or only those that are not: `true` or `false` in any case; anything else is refused",
    { ...FLAG, default: false },
    true,
  ),
  query(
    "protected",
    "Only images that are protected, or only those that are not: `true` or `false`; anything else is refused",
    FLAG,
    true,
  ),
  query("container_format", `${CONTAINER_FORMATS.join(", ")}. ${ANY_OF}`, text, "bare"),
  query("disk_format", `${DISK_FORMATS.join(", ")}. ${ANY_OF}`, text, "in:qcow2,raw"),
  ...numbers(
    "size",
    "Size of the data in bytes, of images that have data",
    [434_110_464, 1_048_576, 10_737_418_240],
  ),
  ...numbers(
    "virtual_size",
    "Size of the disk in bytes, of images that tell it",
    [4_294_967_296, 1_073_741_824, 10_737_418_240],
  ),
  ...numbers("min_disk", "Disk that it needs in GiB", [4, 1, 20]),
  ...numbers("min_ram", "Memory that it needs in MiB", [512, 256, 4096]),
  query("checksum", `MD5 of the data, in lower case hexadecimal. ${EXACT}`, text, CHECKSUM_EXAMPLE),
  query("os_hash_algo", `Algorithm of \`os_hash_value\`. ${EXACT}`, text, "sha512"),
  query("os_hash_value", `Digest of the data, in lower case hexadecimal. ${EXACT}`, text, SHA512_EXAMPLE),
  query("created_at", `When the image was registered. ${TIME}`, text, "gte:2026-11-01T00:00:00Z"),
  query("updated_at", `When the image last changed. ${TIME}`, text, "lt:2026-11-25"),
  {
    ...query(
      "tag",
      "A tag that the image has; repeated, all of them. An empty one matches nothing",
      several(text),
      ["lts"],
    ),
    ...repeated,
  },
  {
    ...query(
      "properties",
      "Every parameter of another name is one of these: the image has an additional property of that name and value. There is none that is called `properties`",
      { type: "object", additionalProperties: { type: "string" } },
      { os_distro: "debian" },
    ),
    ...repeated,
  },
];

const order: readonly Parameter[] = [
  query(
    "sort",
    `\`key\` or \`key:direction\`, with commas between. Keys: ${SORT_KEYS.join(", ")}; directions: asc, desc. Not together with the other two`,
    { type: "string", default: "created_at:desc" },
    "name:asc,created_at:desc",
  ),
  {
    ...query(
      "sort_key",
      "A key to sort by; repeated, the next where images are alike by the one before. Any other is refused",
      several({ type: "string", enum: SORT_KEYS }),
    ),
    ...repeated,
  },
  {
    ...query(
      "sort_dir",
      "One direction for all keys, or repeated, as many as there are keys",
      several({ type: "string", enum: ["asc", "desc"] }),
    ),
    ...repeated,
  },
];

export const listImages: Operation = {
  operationId: "list_images",
  summary: "List images",
  description:
    "The images that the caller sees, a page at a time, the newest first unless asked otherwise: the project's own, public ones, and those shared with it that it accepted. For all of them follow `next` until there is none.",
  tags,
  parameters: [parameter("limit"), parameter("marker"), ...order, ...filters],
  responses: {
    200: json("A page of images", "ImagePage", {
      images: [IMAGE],
      first: "/v2/images?limit=1",
      next: `/v2/images?limit=1&marker=${IMAGE_ID_EXAMPLE}`,
      schema: "/v2/schemas/images",
    }),
    ...refusals({
      400: "A parameter is malformed, or the marker is no image.",
      403: "The caller may not list images, or may not see the marker.",
    }),
  },
};

export const createImage: Operation = {
  operationId: "create_image",
  summary: "Create an image",
  description: "Registers an image without data, whose status is `queued`; upload its data afterwards.",
  tags,
  ...body("Attributes and properties of the image", "ImageCreate", {
    name: "Debian 13",
    disk_format: "qcow2",
    container_format: "bare",
    min_disk: 4,
    tags: ["lts"],
    os_distro: "debian",
  }),
  responses: {
    201: {
      ...json("The new image", "Image", QUEUED_IMAGE),
      ...headers("Location", "OpenStack-image-store-ids"),
    },
    ...refusals({
      400: "The body is no JSON object, or a value has not the form that it must have.",
      403: "The caller may not create images, or not this one; or a name is one that the service keeps for itself.",
      409: "There is an image of this id already.",
      413: "The body, a quota of properties or tags, or the project's quota of images is exceeded.",
    }),
  },
};

export const showImage: Operation = {
  operationId: "show_image",
  summary: "Show an image",
  description:
    "With all its attributes and its additional properties, but those that the operator's protection of properties lets the caller not read. Hidden images are shown as others are.",
  tags,
  parameters,
  responses: {
    200: json("The image", "Image", IMAGE),
    ...refusals({
      400: "The request has a body.",
      403: "The operator's policy lets nobody see images.",
      404: NO_IMAGE,
    }),
  },
};

export const patchImage: Operation = {
  operationId: "patch_image",
  summary: "Change an image",
  description:
    "Changes attributes, additional properties, tags and locations, by the operations of a JSON patch: all of them or none.",
  tags,
  parameters,
  requestBody: {
    description:
      "What to change. `application/json-patch+json` is refused: paths have not all that it allows",
    required: true,
    content: {
      "application/openstack-images-v2.1-json-patch": {
        schema: ref("ImagePatch"),
        example: [
          { op: "replace", path: "/name", value: "Debian 13.1" },
          { op: "add", path: "/os_version", value: "13.1" },
          { op: "replace", path: "/min_disk", value: 8 },
        ],
      },
      "application/openstack-images-v2.0-json-patch": {
        schema: ref("LegacyImagePatch"),
        example: [{ replace: "/name", value: "Debian 13.1" }],
      },
    },
  },
  responses: {
    200: json("The image as it is now", "Image", {
      ...IMAGE,
      name: "Debian 13.1",
      min_disk: 8,
      os_version: "13.1",
    }),
    ...refusals({
      400: "The patch is malformed, or a value has not the form that it must have.",
      403: "The caller may not change this of the image, or nobody may.",
      404: NO_IMAGE,
      409: "A path that must be there is not, the image's status does not allow this, or others change it all the time.",
      410: "The image went away meanwhile.",
      413: "The body, or a quota of properties, tags or locations, is exceeded.",
    }),
    415: {
      $ref: "#/components/responses/UnsupportedPatch",
      description: "The media type is not one of a patch.",
    },
  },
};

export const deleteImage: Operation = {
  operationId: "delete_image",
  summary: "Delete an image",
  description: "The record is gone with the answer, the data soon after.",
  tags,
  parameters,
  responses: {
    204: { description: "The image is gone" },
    ...refusals({
      400: "The request has a body.",
      403: "The image is protected, or the caller may not delete it.",
      404: NO_IMAGE,
      409: "A store has the data in use, or the image's status does not allow this.",
    }),
  },
};
