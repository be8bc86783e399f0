import { Hono } from "hono";
import { z } from "zod";
import { tagImage, untagImage } from "../actions/image-tags.ts";
import { scopeOf } from "../actions/scope.ts";
import { readTag } from "../domain/image-attributes.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { noEncodedSlash } from "../http/paths.ts";
import { refusals } from "./image-docs.ts";

const TAG = "/v2/images/:image_id/tags/:tag";

/** One tag at a time (spec/members-tags.md section 2); all of them at once are set by a patch. */
export const tags = new Hono<AppTypes>();

tags.use(TAG, noEncodedSlash, allow("PUT", "DELETE"));

const imageId = (c: AppContext): string => c.req.param("image_id") ?? "";
const params = z.object({ image_id: z.string(), tag: z.string().max(255) });

const putSchema = {
  operationId: "create_tag",
  summary: "Put a tag on an image",
  request: { params },
  responses: { 204: { description: "The image has the tag" }, ...refusals(400, 401, 403, 404, 413) },
};
class PutTag extends Route {
  override schema = putSchema;

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    await tagImage(scopeOf(c), imageId(c), readTag(c.req.param("tag")));
    return c.body(null, 204);
  }
}

const deleteSchema = {
  operationId: "delete_tag",
  summary: "Take a tag off an image",
  request: { params },
  responses: { 204: { description: "The image has the tag no more" }, ...refusals(400, 401, 403, 404) },
};
class DeleteTag extends Route {
  override schema = deleteSchema;

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    await untagImage(scopeOf(c), imageId(c), c.req.param("tag") ?? "");
    return c.body(null, 204);
  }
}

export const tagsApi = documented(tags);
tagsApi.put(TAG, PutTag);
tagsApi.delete(TAG, DeleteTag);
