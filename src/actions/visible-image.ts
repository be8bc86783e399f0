import { findImage } from "../db/images.ts";
import { isAdmin } from "../domain/caller.ts";
import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import type { Scope } from "./scope.ts";

/**
 * The image, if the caller may know of it. An image that is hidden from the caller and one that does not exist are the
 * same `notFound` (spec/rbac.md section 3).
 */
export async function visibleImage(scope: Scope, id: string): Promise<ImageRecord> {
  const { caller } = scope;
  const image = await findImage(scope.env.DB, id, caller.projectId);
  const visible =
    image &&
    (isAdmin(caller) ||
      (caller.roles.includes("reader") &&
        (image.owner === caller.projectId ||
          image.visibility === "public" ||
          image.visibility === "community" ||
          (image.visibility === "shared" && image.isMember))));
  if (!image || !visible) throw new ServiceError("notFound", `No image found with ID ${id}`);
  return image;
}
