import { putTag, removeTag } from "../db/image-tags.ts";
import { ServiceError } from "../domain/errors.ts";
import { checkTags } from "../domain/image-attributes.ts";
import { authorize } from "../domain/policy.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

/**
 * `PUT …/tags/{tag}`: when this resolves the image has the tag, even if others add tags or patch the image meanwhile
 * (spec/members-tags.md section 2.1).
 */
export async function tagImage(scope: Scope, imageId: string, tag: string): Promise<void> {
  const { caller, config, env } = scope;
  const quota = config.limits.imageTagQuota;
  await retryOnConflict(imageId, async () => {
    const image = await visibleImage(scope, imageId);
    authorize("modify_image", caller, image);
    if (!image.tags.includes(tag)) checkTags([...image.tags, tag], config.limits);
    const verdict = await putTag(env.DB, image, { tag, quota, now: Date.now() * 1000 });
    if (verdict === "full")
      throw new ServiceError("tooLarge", `Image ${imageId} has ${quota} tags, as many as it may have.`);
    return verdict === "done" || undefined;
  });
}

/** `DELETE …/tags/{tag}`: `notFound` if the image does not have it (section 2.2). */
export async function untagImage(scope: Scope, imageId: string, tag: string): Promise<void> {
  const { caller, env } = scope;
  await retryOnConflict(imageId, async () => {
    const image = await visibleImage(scope, imageId);
    authorize("modify_image", caller, image);
    if (!image.tags.includes(tag)) throw new ServiceError("notFound", `Image ${imageId} has no such tag.`);
    return (await removeTag(env.DB, image, { tag, now: Date.now() * 1000 })) || undefined;
  });
}
