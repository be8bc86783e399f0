import { findImage } from "../db/images.ts";
import type { ImageRecord } from "../domain/image.ts";
import { authorize, noSuchImage } from "../domain/policy.ts";
import type { Scope } from "./scope.ts";

/**
 * The image, if the caller may see it. A hidden image and one that does not exist give the same `notFound`
 * (spec/rbac.md section 3).
 */
export async function visibleImage(scope: Scope, id: string): Promise<ImageRecord> {
  return requireVisible(scope, id, await findImage(scope.env.DB, id, scope.caller.projectId));
}

/** The same check for what a query found, or did not find, under the id. */
export function requireVisible(scope: Scope, id: string, image: ImageRecord | undefined): ImageRecord {
  if (!image) throw noSuchImage(id);
  authorize("get_image", scope.caller, image);
  return image;
}
