import { Hono } from "hono";
import { checkStore } from "../actions/check-store.ts";
import { scopeOf } from "../actions/scope.ts";
import { showUsage } from "../actions/show-usage.ts";
import { authorize } from "../domain/policy.ts";
import { type Config, defaultStore, isReadOnly, type StoreConfig } from "../env.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import * as docs from "./info-docs.ts";

/** This service's capabilities (spec/info-tasks-cache.md section 1), for any caller with a token. */
export const info = new Hono<AppTypes>();

const CHECK_PATH = "/v2/info/stores/:store_id/check";

for (const name of ["import", "stores", "stores/detail", "usage"]) info.use(`/v2/info/${name}`, allow("GET"));
info.use(CHECK_PATH, allow("POST"));

class ShowImportMethods extends Route {
  override schema = schemaOf(docs.showImportMethods);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    return c.json({
      "import-methods": { description: "Import methods available.", type: "array", value: [] },
    });
  }
}

class ListStores extends Route {
  override schema = schemaOf(docs.listStores);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    const { stores } = c.var.config;
    return c.json({ stores: stores.map((store) => storeView(store, defaultStore(stores))) });
  }
}

class ListStoresDetail extends Route {
  override schema = schemaOf(docs.listStoresDetail);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    authorize("stores_info_detail", c.var.caller);
    const { stores } = c.var.config;
    return c.json({
      stores: stores.map((store) => ({
        ...storeView(store, defaultStore(stores)),
        type: store.type === "relay" ? store.kind : store.type,
        weight: store.weight,
        properties: propertiesOf(store, c.var.config),
      })),
    });
  }
}

class CheckStore extends Route {
  override schema = schemaOf(docs.checkStore);

  override async handle(c: AppContext) {
    await requireNoBody(c.req.raw);
    return c.json(await checkStore(scopeOf(c), c.req.param("store_id") ?? ""));
  }
}

class ShowUsage extends Route {
  override schema = schemaOf(docs.showUsage);

  override async handle(c: AppContext) {
    return c.json(await showUsage(scopeOf(c)));
  }
}

/**
 * The properties that Glance's own stores show (spec/info-tasks-cache.md section 1.3). A file store reads and writes in
 * pieces of a fixed size, and keeps whole blocks of zeros as holes; one of S3 sends a part at a time while the next one
 * fills.
 */
function propertiesOf(store: StoreConfig, { transfers }: Config): Record<string, unknown> {
  if (store.type === "relay" && store.kind === "file")
    return { data_dir: store.path, chunk_size: FILE_CHUNK_BYTES, thin_provisioning: true };
  if (store.type === "relay" && store.kind === "rbd")
    return { chunk_size: RBD_CHUNK_BYTES, pool: store.pool, thin_provisioning: true, fsid: store.fsid };
  if (store.type === "s3")
    return {
      s3_store_large_object_size: Math.floor(store.thresholdBytes / MiB),
      s3_store_large_object_chunk_size: Math.floor((store.partBytes ?? transfers.partBytes) / MiB),
      s3_store_thread_pools: 1,
    };
  if (store.type === "swift")
    return {
      container: store.container,
      large_object_size: Math.floor(store.largeObjectBytes / MiB),
      large_object_chunk_size: Math.floor(store.segmentBytes / MiB),
    };
  return {};
}

/** What Glance shows for its own file stores. */
const FILE_CHUNK_BYTES = 65_536;
const MiB = 1024 * 1024;

/** The size of an image's objects as they are written (spec/stores.md section 4.2). */
const RBD_CHUNK_BYTES = 8 * 1024 * 1024;

/** `default` and `read-only` are the string "true" or absent (spec/image-api-v2.md section 2.7). */
const storeView = (store: StoreConfig, byDefault: StoreConfig | undefined) => ({
  id: store.id,
  ...(store.description === undefined ? {} : { description: store.description }),
  ...(store === byDefault ? { default: "true" } : {}),
  ...(isReadOnly(store) ? { "read-only": "true" } : {}),
});

export const infoApi = documented(info);
infoApi.get("/v2/info/import", ShowImportMethods);
infoApi.get("/v2/info/stores", ListStores);
infoApi.get("/v2/info/stores/detail", ListStoresDetail);
infoApi.post(CHECK_PATH, CheckStore);
infoApi.get("/v2/info/usage", ShowUsage);
