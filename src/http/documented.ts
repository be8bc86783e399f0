import { fromHono, OpenAPIRoute } from "chanfana";
import type { Hono } from "hono";
import type { Operation } from "../openapi/describe.ts";
import type { AppContext, AppTypes } from "./app-types.ts";

/**
 * The same router, taking route classes whose `schema` describes them for the OpenAPI document. Nothing is validated
 * by it: Glance's bodies have no fixed media type and its unknown query parameters have a meaning, so routes parse
 * for themselves. openapi/document.ts builds the document from `registry`.
 */
export const documented = (router: Hono<AppTypes>) =>
  fromHono(router, { docs_url: null, redoc_url: null, openapi_url: null, passthroughErrors: true });

/** A description as chanfana takes it: it passes references to components on, but its types know none. */
export const schemaOf = (operation: Operation) => operation as unknown as OpenAPIRoute["schema"];

/** A documented route. `schema` refers to a constant of its module: an object is made for each request. */
export abstract class Route extends OpenAPIRoute<[AppContext]> {
  abstract override handle(c: AppContext): Response | Promise<Response>;
}
