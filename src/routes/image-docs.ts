import { z } from "zod";
import { CONTAINER_FORMATS, DISK_FORMATS, VISIBILITIES } from "../domain/image.ts";
import { LISTED_MEMBER_STATUSES, LISTED_VISIBILITIES, SORT_KEYS } from "../domain/list-query.ts";
import { PATCH_MEDIA_TYPES } from "../domain/patch.ts";
import { STATUSES } from "../domain/status.ts";

/** Descriptions of the image routes for the OpenAPI document. Requests are not validated by them. */

const diskFormat = z.enum(DISK_FORMATS).nullable();
const containerFormat = z.enum(CONTAINER_FORMATS).nullable();

const writable = {
  name: z.string().max(255).nullable(),
  visibility: z.enum(VISIBILITIES),
  protected: z.boolean(),
  os_hidden: z.boolean(),
  owner: z.string().max(255).nullable(),
  disk_format: diskFormat,
  container_format: containerFormat,
  min_disk: z.int().min(0).describe("GiB"),
  min_ram: z.int().min(0).describe("MiB"),
  tags: z.array(z.string().max(255)),
};

/** Additional properties are more members of the same object. */
const imageBody = z.looseObject({
  ...writable,
  id: z.uuid(),
  status: z.enum(STATUSES),
  size: z.int().nullable().describe("bytes"),
  virtual_size: z.int().nullable().describe("bytes"),
  checksum: z.string().nullable().describe("MD5"),
  os_hash_algo: z.string().nullable(),
  os_hash_value: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  self: z.string(),
  file: z.string(),
  schema: z.string(),
  stores: z.string().optional().describe("store ids, separated by commas"),
});

const params = z.object({ image_id: z.string() });

export const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { "application/json": { schema } },
});

export const refusals = (...statuses: (keyof typeof REFUSALS)[]) =>
  Object.fromEntries(statuses.map((status) => [status, { description: REFUSALS[status] }]));

const REFUSALS = {
  400: "The request is malformed",
  401: "There is no good token",
  403: "The caller may not do this",
  404: "There is no such image, or the caller may not see it",
  409: "The image is not in a state for this, or the id is taken",
  413: "A quota is exceeded",
  415: "The media type is not one of a patch",
};

export const listImages = {
  operationId: "list_images",
  summary: "The images that the caller sees, a page at a time",
  description: "Any other parameter asks for an additional property of that value.",
  request: {
    query: z.looseObject({
      limit: z.int().min(0).optional(),
      marker: z.string().optional().describe("id of the last image seen"),
      sort: z.string().optional().describe("key[:direction], separated by commas"),
      sort_key: z.array(z.enum(SORT_KEYS)).optional(),
      sort_dir: z.array(z.enum(["asc", "desc"])).optional(),
      visibility: z.enum(LISTED_VISIBILITIES).optional(),
      member_status: z.enum(LISTED_MEMBER_STATUSES).optional(),
      name: z.string().optional(),
      status: z.string().optional(),
      owner: z.string().optional(),
      os_hidden: z.enum(["true", "false"]).optional(),
      protected: z.enum(["true", "false"]).optional(),
      tag: z.array(z.string()).optional(),
      size_min: z.int().optional(),
      size_max: z.int().optional(),
      created_at: z
        .string()
        .optional()
        .describe("ISO 8601, with gt:, gte:, lt:, lte:, eq: or neq: before it"),
      updated_at: z.string().optional(),
    }),
  },
  responses: {
    200: json(
      "A page of images",
      z.object({
        images: z.array(imageBody),
        first: z.string(),
        next: z.string().optional(),
        schema: z.string(),
      }),
    ),
    ...refusals(400, 401, 403),
  },
};

export const createImage = {
  operationId: "create_image",
  summary: "Register an image; its data is uploaded afterwards",
  request: {
    body: json(
      "Attributes and properties",
      z.looseObject(writable).partial().extend({ id: z.uuid().optional() }),
    ),
  },
  responses: { 201: json("The new image", imageBody), ...refusals(400, 401, 403, 409, 413) },
};

export const showImage = {
  operationId: "show_image",
  summary: "One image",
  request: { params },
  responses: { 200: json("The image", imageBody), ...refusals(400, 401, 404) },
};

export const patchImage = {
  operationId: "patch_image",
  summary: "Change attributes, properties and tags, all operations or none",
  request: {
    params,
    body: {
      content: Object.fromEntries(
        Object.keys(PATCH_MEDIA_TYPES).map((type) => [type, { schema: z.array(z.looseObject({})) }]),
      ),
    },
  },
  responses: {
    200: json("The image as it is now", imageBody),
    ...refusals(400, 401, 403, 404, 409, 413, 415),
  },
};

export const deleteImage = {
  operationId: "delete_image",
  summary: "Delete an image and its data",
  request: { params },
  responses: { 204: { description: "The image is gone" }, ...refusals(400, 401, 403, 404, 409) },
};
