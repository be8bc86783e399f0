import { Hono } from "hono";
import { z } from "zod";
import { deleteStoreCopy } from "../actions/delete-store-copy.ts";
import { scopeOf } from "../actions/scope.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { refusals } from "./image-docs.ts";

const PATH = "/v2/stores/:store_id/:image_id";

/** Copies of images, by the store that holds them (spec/locations.md section 4). */
export const stores = new Hono<AppTypes>();

stores.use(PATH, allow("DELETE"));

const schema = {
  operationId: "delete_store_copy",
  summary: "Remove the copy of an image that one store holds",
  request: { params: z.object({ store_id: z.string(), image_id: z.string() }) },
  responses: { 204: { description: "It is removed" }, ...refusals(400, 401, 403, 404, 409) },
};
class DeleteStoreCopy extends Route {
  override schema = schema;

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    const { store_id: store = "", image_id: image = "" } = c.req.param() as Record<string, string>;
    await deleteStoreCopy(scopeOf(c), store, image);
    return c.body(null, 204);
  }
}

export const storesApi = documented(stores);
storesApi.delete(PATH, DeleteStoreCopy);
