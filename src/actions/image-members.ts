import {
  addMember,
  imageWithMembers,
  type NotAdded,
  removeMember,
  setMemberStatus,
} from "../db/image-members.ts";
import { ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import type { ImageMember, MemberStatus } from "../domain/member.ts";
import { allows, authorize } from "../domain/policy.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import type { Scope } from "./scope.ts";
import { requireVisible, visibleImage } from "./visible-image.ts";

const noSuchMember = (imageId: string, member: string) =>
  new ServiceError("notFound", `${member} is not in the member list of image ${imageId}.`);

const requireShared = (image: ImageRecord): void => {
  if (image.visibility !== "shared")
    throw new ServiceError("forbidden", `Only shared images have members; image ${image.id} is not shared.`);
};

/** `GET …/members`: the owner sees all members, a member only its own record (spec/members-tags.md section 1.2). */
export async function listMembers(scope: Scope, imageId: string): Promise<readonly ImageMember[]> {
  const { caller, env } = scope;
  const found = await imageWithMembers(env.DB, { imageId, projectId: caller.projectId });
  const image = requireVisible(scope, imageId, found.image);
  requireShared(image);
  if (allows("get_members", caller, image)) return found.members;
  const own = found.members.filter(({ member }) => member === caller.projectId);
  authorize("get_members", caller, { ...image, ...(own[0] ? { member: own[0].member } : {}) });
  return own;
}

/** `GET …/members/{member}`: every refusal is `notFound` (spec/members-tags.md section 1.3). */
export async function showMember(scope: Scope, imageId: string, member: string): Promise<ImageMember> {
  const { caller, env } = scope;
  const found = await imageWithMembers(env.DB, { imageId, projectId: caller.projectId, member });
  const image = requireVisible(scope, imageId, found.image);
  const [record] = found.members;
  if (!record || image.visibility !== "shared" || !allows("get_member", caller, { ...image, member }))
    throw noSuchMember(imageId, member);
  return record;
}

/** `POST …/members`: shares the image with the project, which has yet to accept it (section 1.1). */
export async function shareImage(scope: Scope, imageId: string, member: string): Promise<ImageMember> {
  const { caller, config, env } = scope;
  const quota = config.limits.imageMemberQuota;
  return retryOnConflict(imageId, async () => {
    const image = await visibleImage(scope, imageId);
    authorize("add_member", caller, image);
    requireShared(image);
    const added = await addMember(env.DB, image, { member, now: Date.now() * 1000, quota });
    if (added === "changed") return undefined;
    if (typeof added === "object") return added;
    throw refusalToShare(added, { imageId, member, quota });
  });
}

const refusalToShare = (
  why: Exclude<NotAdded, "changed">,
  { imageId, member, quota }: { imageId: string; member: string; quota: number },
): ServiceError =>
  why === "present"
    ? new ServiceError("conflict", `Member ${member} is duplicated for image ${imageId}`)
    : new ServiceError("tooLarge", `Image ${imageId} has ${quota} members, which is as many as it may have.`);

/**
 * `PUT …/members/{member}`: records the project's own status for the image, which only the project itself may set
 * (section 1.4). A member that names another project gets the same answer whether that is a member or not.
 */
export async function judgeSharedImage(
  scope: Scope,
  imageId: string,
  { member, status }: { member: string; status: MemberStatus },
): Promise<ImageMember> {
  const { caller, env } = scope;
  return retryOnConflict(imageId, async () => {
    const found = await imageWithMembers(env.DB, { imageId, projectId: caller.projectId, member });
    const image = requireVisible(scope, imageId, found.image);
    requireShared(image);
    if (found.members.length === 0 && allows("get_members", caller, image))
      throw noSuchMember(imageId, member);
    authorize("modify_member", caller, { ...image, member });
    if (found.members.length === 0) throw noSuchMember(imageId, member);
    return setMemberStatus(env.DB, image, { member, status, now: Date.now() * 1000 });
  });
}

/** `DELETE …/members/{member}`: stops sharing the image with the project (section 1.5). */
export async function unshareImage(scope: Scope, imageId: string, member: string): Promise<void> {
  const { caller, env } = scope;
  await retryOnConflict(imageId, async () => {
    const found = await imageWithMembers(env.DB, { imageId, projectId: caller.projectId, member });
    const image = requireVisible(scope, imageId, found.image);
    authorize("delete_member", caller, image);
    requireShared(image);
    if (found.members.length === 0) throw noSuchMember(imageId, member);
    return (await removeMember(env.DB, image, member)) || undefined;
  });
}
