import { type Mutation, mutate } from "../mutation.ts";

export const membersAndTags: readonly Mutation[] = [
  mutate(
    "src/domain/policy.ts",
    "add_member: ADMIN_OR_OWNING_MEMBER",
    "add_member: EVERYONE",
    "members-tags §1.1: 403 for a reader of the owning project",
    "members-tags §1.1: 403 for a project that it is shared with",
  ),
  mutate(
    "src/domain/policy.ts",
    'modify_member: "admin or (role:member and share_target)"',
    "modify_member: ADMIN_OR_OWNING_MEMBER",
    "members-tags §1.4: 403 for the owner, on the member's behalf",
    "members-tags §1.4: 200 for the member that accepts",
  ),
  mutate(
    "src/domain/policy.ts",
    "delete_member: ADMIN_OR_OWNING_MEMBER",
    "delete_member: EVERYONE",
    "members-tags §1.5: 403 for the member itself",
  ),
  mutate(
    "src/actions/image-members.ts",
    'if (image.visibility !== "shared")',
    'if (image.visibility === "private")',
    "members-tags §1.1: 403 for an image that is public",
    "members-tags §1.2: 403 for an image that is community",
  ),
  mutate(
    "src/actions/image-members.ts",
    "({ member }) => member === caller.projectId",
    "() => true",
    "members-tags §1.2: 200 for a member project, its own record alone",
  ),
  mutate(
    "src/actions/image-members.ts",
    '|| image.visibility !== "shared" ||',
    "||",
    "members-tags §1.3: 404 for an image that is private",
  ),
  mutate(
    "src/db/image-members.ts",
    "'pending', ?4, ?4",
    "'accepted', ?4, ?4",
    "members-tags §1.1: 200 for the owner, with a record that is pending",
  ),
  mutate(
    "src/db/image-members.ts",
    "WHERE image_id = ?1) < ?5",
    "WHERE image_id = ?1) <= ?5",
    "members-tags §1.1: 413 for one member more than the quota",
  ),
  mutate("src/domain/member.ts", ".min(1, NO_PROJECT_ID)", "", "members-tags §1.1: 400 for an empty member"),
  mutate(
    "src/domain/member.ts",
    'id === "." || id === ".."',
    "false",
    "members-tags §1.1: 400 for a member of two dots [DEV]",
  ),
  mutate(
    "src/domain/member.ts",
    "(each) => each === status",
    "(each) => each === status || status === 'maybe'",
    "members-tags §1.4: 400 for a status that is none",
  ),
  mutate(
    "src/actions/image-tags.ts",
    'if (!image.tags.includes(tag)) throw new ServiceError("notFound"',
    'if (image.tags.length === 0) throw new ServiceError("notFound"',
    "members-tags §2.2: 404 for a tag that is not there",
  ),
  mutate(
    "src/actions/image-tags.ts",
    "if (!image.tags.includes(tag)) checkTags",
    "checkTags",
    "members-tags §2.1: 204 for a tag that is there, where there are 128",
  ),
];
