import { listImages } from "../db/image-list.ts";
import { isAdmin } from "../domain/caller.ts";
import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import type { ListQuery } from "../domain/list-query.ts";
import { allows, authorize } from "../domain/policy.ts";
import type { Scope } from "./scope.ts";

/**
 * A page of `GET /v2/images`: the images that the caller may list, after the marker, in order (spec/images.md section
 * 4).
 */
export async function imagePage(scope: Scope, query: ListQuery): Promise<readonly ImageRecord[]> {
  const { caller, env } = scope;
  authorize("get_images", caller);
  const { page, marker } = await listImages(env.DB, query, {
    projectId: caller.projectId,
    isAdmin: isAdmin(caller),
  });
  if (query.marker === undefined) return page;
  if (!marker) throw new ServiceError("invalid", `No image found with ID ${query.marker}`);
  // Only here does the answer differ for a hidden image and one that does not exist (spec/images.md section 4.2).
  if (!allows("get_image", caller, marker))
    throw new ServiceError("forbidden", `Image ${query.marker} cannot be the marker of your list.`);
  return page;
}
