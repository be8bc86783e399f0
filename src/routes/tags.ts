import { Hono } from "hono";
import { tagImage, untagImage } from "../actions/image-tags.ts";
import { scopeOf } from "../actions/scope.ts";
import { readTag } from "../domain/image-attributes.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { noEncodedSlash } from "../http/paths.ts";
import * as docs from "./tag-docs.ts";

const TAG = "/v2/images/:image_id/tags/:tag";

/** One tag at a time (spec/members-tags.md section 2); a patch sets all of them at once. */
export const tags = new Hono<AppTypes>();

tags.use(TAG, noEncodedSlash, allow("PUT", "DELETE"));

const imageId = (c: AppContext): string => c.req.param("image_id") ?? "";

class PutTag extends Route {
  override schema = schemaOf(docs.createTag);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    await tagImage(scopeOf(c), imageId(c), readTag(c.req.param("tag")));
    return c.body(null, 204);
  }
}

class DeleteTag extends Route {
  override schema = schemaOf(docs.deleteTag);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    await untagImage(scopeOf(c), imageId(c), c.req.param("tag") ?? "");
    return c.body(null, 204);
  }
}

export const tagsApi = documented(tags);
tagsApi.put(TAG, PutTag);
tagsApi.delete(TAG, DeleteTag);
