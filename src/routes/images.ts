import { Hono } from "hono";
import { createImage } from "../actions/create-image.ts";
import { deleteImage } from "../actions/delete-image.ts";
import { imagePage } from "../actions/list-images.ts";
import { patchImage } from "../actions/patch-image.ts";
import { scopeOf } from "../actions/scope.ts";
import { visibleImage } from "../actions/visible-image.ts";
import { ServiceError } from "../domain/errors.ts";
import { parseListQuery } from "../domain/list-query.ts";
import { parseImageRequest } from "../domain/new-image.ts";
import { PATCH_MEDIA_TYPES, type PatchVersion, parsePatch } from "../domain/patch.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { baseUrl } from "../http/base-url.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { viewOf, viewsOf } from "../http/image-view.ts";
import { readJson } from "../http/json-body.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { pageLinks } from "../http/pagination.ts";
import * as docs from "./image-docs.ts";

const LIST = "/v2/images";
const IMAGE = "/v2/images/:image_id";

/** The records of images. Their bytes are in image-data.ts. */
export const images = new Hono<AppTypes>();

images.use(LIST, allow("GET", "POST"));
images.use(IMAGE, allow("GET", "PATCH", "DELETE"));

class ListImages extends Route {
  override schema = schemaOf(docs.listImages);

  override async handle(c: AppContext) {
    const params = new URL(c.req.url).searchParams;
    const query = parseListQuery(params, c.var.config.limits);
    const page = await imagePage(scopeOf(c), query);
    const links = pageLinks(LIST, params, { ids: page.map((image) => image.id), limit: query.limit });
    return c.json({ images: viewsOf(c, page), ...links, schema: "/v2/schemas/images" });
  }
}

class CreateImage extends Route {
  override schema = schemaOf(docs.createImage);

  override async handle(c: AppContext) {
    const image = await createImage(scopeOf(c), parseImageRequest(await readJson(c.req.raw)));
    return c.json(viewOf(c, image), 201, {
      location: `${baseUrl(c)}${LIST}/${image.id}`,
      "openstack-image-store-ids": c.var.config.stores.map((store) => store.id).join(","),
    });
  }
}

class ShowImage extends Route {
  override schema = schemaOf(docs.showImage);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    return c.json(viewOf(c, await visibleImage(scopeOf(c), idOf(c))));
  }
}

class PatchImage extends Route {
  override schema = schemaOf(docs.patchImage);

  override async handle(c: AppContext) {
    const version = patchVersion(c);
    const operations = parsePatch(await readJson(c.req.raw), version);
    return c.json(viewOf(c, await patchImage(scopeOf(c), idOf(c), { operations, version })));
  }
}

class DeleteImage extends Route {
  override schema = schemaOf(docs.deleteImage);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    await deleteImage(scopeOf(c), idOf(c));
    return c.body(null, 204);
  }
}

export const imagesApi = documented(images);
imagesApi.get(LIST, ListImages);
imagesApi.post(LIST, CreateImage);
imagesApi.get(IMAGE, ShowImage);
imagesApi.patch(IMAGE, PatchImage);
imagesApi.delete(IMAGE, DeleteImage);

const idOf = (c: AppContext): string => c.req.param("image_id") ?? "";

/** Throws `unsupportedType` for any type but the two of a patch, `application/json-patch+json` included. */
function patchVersion(c: AppContext): PatchVersion {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const version = Object.hasOwn(PATCH_MEDIA_TYPES, type) ? PATCH_MEDIA_TYPES[type] : undefined;
  if (version) return version;
  throw new ServiceError(
    "unsupportedType",
    `The request media type ${type} is not supported by this server.`,
    {
      headers: { "accept-patch": Object.keys(PATCH_MEDIA_TYPES).join(", ") },
    },
  );
}
