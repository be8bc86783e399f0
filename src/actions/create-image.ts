import { insertImage } from "../db/images.ts";
import type { ImageRecord } from "../domain/image.ts";
import { type ImageRequest, newImage } from "../domain/new-image.ts";
import { requireProperty } from "../domain/property-protection.ts";
import { mostOf } from "../domain/quotas.ts";
import { limitsOf } from "./project-limits.ts";
import type { Scope } from "./scope.ts";

/** `POST /v2/images`: creates the record of an image that has no data yet (spec/images.md section 2). */
export async function createImage(scope: Scope, request: ImageRequest): Promise<ImageRecord> {
  const image = newImage(request, scope.caller, scope.config.limits, {
    id: crypto.randomUUID(),
    now: Date.now() * 1000,
  });
  for (const name of Object.keys(image.properties))
    requireProperty(scope.config.propertyProtection, "create", name, { caller: scope.caller, target: image });
  const { images } = mostOf(await limitsOf(scope, image.owner));
  await insertImage(scope.env.DB, image, images);
  return image;
}
