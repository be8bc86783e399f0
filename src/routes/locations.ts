import { Hono } from "hono";
import { z } from "zod";
import { importLocation } from "../actions/import-location.ts";
import { scopeOf } from "../actions/scope.ts";
import { visibleImage } from "../actions/visible-image.ts";
import { ServiceError } from "../domain/errors.ts";
import { inWords } from "../domain/in-words.ts";
import { locationUrl } from "../domain/patched-location.ts";
import { authorize } from "../domain/policy.ts";
import { readValidationData } from "../domain/validation-data.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route } from "../http/documented.ts";
import { locationsOf } from "../http/image-view.ts";
import { readJson } from "../http/json-body.ts";
import { allow } from "../http/methods.ts";
import { refusals } from "./image-docs.ts";

const PATH = "/v2/images/:image_id/locations";

/** Where the bytes of an image are, for services (spec/locations.md sections 2 and 3). */
export const locations = new Hono<AppTypes>();

locations.use(PATH, allow("GET", "POST"));

const request = { params: z.object({ image_id: z.string() }) };

/** Keys that the API does not know are left to those who sent them. */
const body = z.looseObject({ url: locationUrl, validation_data: z.unknown().optional() });

const addSchema = {
  operationId: "add_image_location",
  summary: "Make an image of data that is somewhere already",
  request,
  responses: { 202: { description: "A task does it" }, ...refusals(400, 401, 403, 404, 409) },
};
class AddLocation extends Route {
  override schema = addSchema;

  override async handle(c: AppContext) {
    const parsed = body.safeParse(await readJson(c.req.raw), { error: inWords });
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(" "));
      throw new ServiceError("invalid", `The location is not one: ${problems.join("; ")}.`);
    }
    const { url, validation_data: validationData } = parsed.data;
    const claimed = readValidationData(validationData);
    await importLocation(scopeOf(c), c.req.param("image_id") ?? "", {
      url,
      validationData: validationData ?? {},
      ...(claimed ? { claimed } : {}),
    });
    return c.body(null, 202);
  }
}

const listSchema = {
  operationId: "list_image_locations",
  summary: "Where the data of an image are, for services and administrators",
  request,
  responses: {
    200: { description: "URLs and metadata, the first to be read first" },
    ...refusals(401, 403, 404),
  },
};
class ListLocations extends Route {
  override schema = listSchema;

  /** A body is ignored (spec/image-api-v2.md section 2.4). */
  override async handle(c: AppContext) {
    const image = await visibleImage(scopeOf(c), c.req.param("image_id") ?? "");
    authorize("fetch_image_location", c.var.caller, image);
    return c.json(locationsOf(c, image));
  }
}

export const locationsApi = documented(locations);
locationsApi.get(PATH, ListLocations);
locationsApi.post(PATH, AddLocation);
