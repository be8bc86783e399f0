import { Hono } from "hono";
import { deleteStoreCopy } from "../actions/delete-store-copy.ts";
import { scopeOf } from "../actions/scope.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import * as docs from "./location-docs.ts";

const PATH = "/v2/stores/:store_id/:image_id";

/** Copies of images, by the store that holds them (spec/locations.md section 4). */
export const stores = new Hono<AppTypes>();

stores.use(PATH, allow("DELETE"));

class DeleteStoreCopy extends Route {
  override schema = schemaOf(docs.deleteStoreCopy);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    const { store_id: store = "", image_id: image = "" } = c.req.param() as Record<string, string>;
    await deleteStoreCopy(scopeOf(c), store, image);
    return c.body(null, 204);
  }
}

export const storesApi = documented(stores);
storesApi.delete(PATH, DeleteStoreCopy);
