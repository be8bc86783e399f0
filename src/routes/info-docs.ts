import { json, type Operation, parameter, refusals } from "../openapi/describe.ts";

/** Descriptions of the routes of info and schemas (info.ts, schemas.ts). */

const HAS_BODY = { 400: "The request has a body." } as const;

export const showImportMethods: Operation = {
  operationId: "show_import_methods",
  summary: "Show the import methods that are enabled",
  description:
    "There are none today, and `value` is an empty list: data comes by an upload or from a location.",
  tags: ["info"],
  responses: { 200: json("The import methods", "ImportInfo"), ...refusals(HAS_BODY) },
};

export const listStores: Operation = {
  operationId: "list_stores",
  summary: "List the stores",
  description: "Where image data can be kept, in the order of the settings; one is the default.",
  tags: ["info"],
  responses: {
    200: json("The stores", "StoreList", { stores: [{ id: "file", default: "true" }, { id: "r2" }] }),
    ...refusals(HAS_BODY),
  },
};

export const listStoresDetail: Operation = {
  operationId: "list_stores_detail",
  summary: "List the stores with their kinds",
  description: "For operators and services.",
  tags: ["info"],
  responses: {
    200: json("The stores", "StoreDetailList"),
    ...refusals({ ...HAS_BODY, 403: "The caller is neither an administrator nor a service." }),
  },
};

export const checkStore: Operation = {
  operationId: "check_store",
  summary: "Try a store",
  description:
    "Writes a few bytes, reads them whole and in part, and removes them; a store that is only read is looked at. What fails is told with a remedy, and is no failure of the request.",
  tags: ["info"],
  parameters: [parameter("store_id")],
  responses: {
    200: json("What was found", "StoreCheck"),
    ...refusals({
      ...HAS_BODY,
      403: "The caller is no administrator.",
      404: "There is no such store.",
    }),
  },
  "x-glimpse-extension": true,
};

export const showUsage: Operation = {
  operationId: "show_usage",
  summary: "Show the caller's quotas",
  description: "The quotas of the caller's project, and what it uses of them. Sizes are in MiB.",
  tags: ["info"],
  responses: { 200: json("The quotas", "UsageInfo") },
};

export const schemaDocs = (name: string): Operation => ({
  operationId: `show_${name}_schema`,
  summary: `Show the JSON schema of ${name}`,
  description: "What Glance's clients check against and learn from; this document says more.",
  tags: ["schemas"],
  responses: { 200: json("The schema", "JsonSchema"), ...refusals(HAS_BODY) },
});
