import { isAdmin } from "../domain/caller.ts";
import { type ImageRecord, imageView, locationViews } from "../domain/image.ts";
import { readableImage } from "../domain/property-protection.ts";
import { weightIn } from "../env.ts";
import type { AppContext } from "./app-types.ts";

const exposure = (c: AppContext) => {
  const { caller, config } = c.var;
  return { ...config.locations, weightOf: weightIn(config.stores), isAdmin: isAdmin(caller) };
};

/** How this caller sees images. Hono makes `c.var` anew each time that it is read. */
function viewFor(c: AppContext): (image: ImageRecord) => Record<string, unknown> {
  const { caller, config } = c.var;
  const to = exposure(c);
  return (image) => imageView(readableImage(image, caller, config.propertyProtection), to);
}

/** The image as this caller may see it. */
export const viewOf = (c: AppContext, image: ImageRecord): Record<string, unknown> => viewFor(c)(image);

/** A page of them. */
export const viewsOf = (c: AppContext, images: readonly ImageRecord[]): Record<string, unknown>[] =>
  images.map(viewFor(c));

/** The image's locations, for a caller who may see them. */
export const locationsOf = (c: AppContext, image: ImageRecord) => locationViews(image, exposure(c));
