import { Hono } from "hono";
import { scopeOf } from "../actions/scope.ts";
import { setImageActive } from "../actions/set-image-active.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { imageActionDocs } from "./image-action-docs.ts";

/**
 * Withholds an image's data from everybody but administrators, and makes it available again (spec/data.md section 4).
 */
export const imageActions = new Hono<AppTypes>();

export const imageActionsApi = documented(imageActions);

for (const event of ["deactivate", "reactivate"] as const) {
  const path = `/v2/images/:image_id/actions/${event}`;
  imageActions.use(path, allow("POST"));
  imageActionsApi.post(
    path,
    class extends Route {
      override schema = schemaOf(imageActionDocs[event]);

      override async handle(c: AppContext) {
        await requireNoBody(c.req.raw);
        await setImageActive(scopeOf(c), c.req.param("image_id") ?? "", event);
        return c.body(null, 204);
      }
    },
  );
}
