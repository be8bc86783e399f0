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
import { documented, Route, schemaOf } from "../http/documented.ts";
import { locationsOf } from "../http/image-view.ts";
import { readJson } from "../http/json-body.ts";
import { allow } from "../http/methods.ts";
import * as docs from "./location-docs.ts";

const PATH = "/v2/images/:image_id/locations";

/** The locations of an image, for services (spec/locations.md sections 2 and 3). */
export const locations = new Hono<AppTypes>();

locations.use(PATH, allow("GET", "POST"));

/** Keys that the API does not know are ignored. */
const body = z.looseObject({ url: locationUrl, validation_data: z.unknown().optional() });

class AddLocation extends Route {
  override schema = schemaOf(docs.addImageLocation);

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

class ListLocations extends Route {
  override schema = schemaOf(docs.listImageLocations);

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
