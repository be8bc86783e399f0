import { isAdmin } from "../domain/caller.ts";
import { type ImageRecord, imageView } from "../domain/image.ts";
import { readableImage } from "../domain/property-protection.ts";
import { weightIn } from "../env.ts";
import type { AppContext } from "./app-types.ts";

/** The image as this caller may see it. */
export const viewOf = (c: AppContext, image: ImageRecord): Record<string, unknown> => {
  const { caller, config } = c.var;
  return imageView(readableImage(image, caller, config.propertyProtection), {
    ...config.locations,
    weightOf: weightIn(config.stores),
    isAdmin: isAdmin(caller),
  });
};
