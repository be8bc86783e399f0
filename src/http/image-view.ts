import { isAdmin } from "../domain/caller.ts";
import { type Image, imageView } from "../domain/image.ts";
import { weightIn } from "../env.ts";
import type { AppContext } from "./app-types.ts";

/** The image as this caller may see it. */
export const viewOf = (c: AppContext, image: Image): Record<string, unknown> => {
  const { caller, config } = c.var;
  return imageView(image, {
    ...config.locations,
    weightOf: weightIn(config.stores),
    isAdmin: isAdmin(caller),
  });
};
