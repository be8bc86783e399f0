import { Hono } from "hono";
import { z } from "zod";
import { scopeOf } from "../actions/scope.ts";
import { setImageActive } from "../actions/set-image-active.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { refusals } from "./image-docs.ts";

/** Withdrawing an image's data from everybody but administrators, and giving it back (spec/data.md section 4). */
export const imageActions = new Hono<AppTypes>();

export const imageActionsApi = documented(imageActions);

const SUMMARIES = {
  deactivate: "Let administrators alone download an image",
  reactivate: "Let everybody who sees an image download it again",
} as const;

for (const event of ["deactivate", "reactivate"] as const) {
  const path = `/v2/images/:image_id/actions/${event}`;
  const schema = {
    operationId: `${event}_image`,
    summary: SUMMARIES[event],
    request: { params: z.object({ image_id: z.string() }) },
    responses: { 204: { description: "It is so" }, ...refusals(400, 401, 403, 404) },
  };
  imageActions.use(path, allow("POST"));
  imageActionsApi.post(
    path,
    class extends Route {
      override schema = schema;

      override async handle(c: AppContext) {
        await requireNoBody(c.req.raw);
        await setImageActive(scopeOf(c), c.req.param("image_id") ?? "", event);
        return c.body(null, 204);
      }
    },
  );
}
