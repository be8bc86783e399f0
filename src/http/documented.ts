import { fromHono, OpenAPIRoute } from "chanfana";
import type { Hono } from "hono";
import type { Operation } from "../openapi/describe.ts";
import type { AppContext, AppTypes } from "./app-types.ts";

/**
 * The same router, which then also accepts route classes whose `schema` describes them for the OpenAPI document.
 * Nothing is validated by it: Glance's bodies have no fixed media type and its unknown query parameters have a meaning,
 * so routes parse for themselves. openapi/document.ts builds the document from `registry`.
 */
export const documented = (router: Hono<AppTypes>) =>
  fromHono(router, { docs_url: null, redoc_url: null, openapi_url: null, passthroughErrors: true });

/** A description in chanfana's type: chanfana passes references to components on, but its types do not know them. */
export const schemaOf = (operation: Operation) => operation as unknown as OpenAPIRoute["schema"];

/** A documented route. `schema` must refer to a constant of its module: an object is created for each request. */
export abstract class Route extends OpenAPIRoute<[AppContext]> {
  abstract override handle(c: AppContext): Response | Promise<Response>;
}
