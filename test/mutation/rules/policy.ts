import { type Mutation, mutate } from "../mutation.ts";

export const policy: readonly Mutation[] = [
  mutate(
    "src/domain/policy.ts",
    "modify_image: ADMIN_OR_OWNING_MEMBER",
    "modify_image: ADMIN_OR_OWNING_READER",
    "rbac §3: 403 for reader, PATCH of an own image",
    "members-tags §2.1: 403 for a reader",
  ),
  mutate(
    "src/domain/policy.ts",
    "publicize_image: ADMIN",
    "publicize_image: ADMIN_OR_OWNING_MEMBER",
    "images §2: 403 for public without the right to publicize",
    "images §5.5: 403 for public by a member",
  ),
  mutate(
    "src/domain/policy.ts",
    "delete_image: ADMIN_OR_OWNING_MEMBER",
    "delete_image: EVERYONE",
    "images §6: 403 for an image that is visible and another's",
    "images §6: 403 for a reader",
  ),
  mutate(
    "src/domain/policy.ts",
    "download_image: ADMIN_OR_MEMBER_WHO_SEES",
    "download_image: EVERYONE",
    "data §2: 403 for a reader of the owning project",
  ),
  mutate(
    "src/domain/policy.ts",
    "upload_image: ADMIN_OR_OWNING_MEMBER",
    "upload_image: EVERYONE",
    "data §1.2: 403 for a reader",
    "data §1.2: 403 for another project, where the image is public",
  ),
  mutate(
    "src/domain/policy.ts",
    'get_images: "admin or role:reader"',
    "get_images: EVERYONE",
    "images §4.5: 403 for a token without the role reader",
  ),
  mutate(
    "src/domain/policy.ts",
    'get_image: "admin or (role:reader and visible)"',
    'get_image: "admin or visible"',
    "images §3: 404 for a token without the role reader, never 403",
  ),
  mutate(
    "src/domain/policy-checks.ts",
    'const isOpen = has("public", "community")',
    'const isOpen = has("public")',
    "images §3: 200 for anybody who reads, where it is community",
  ),
  mutate(
    "src/domain/policy-checks.ts",
    "target.owner !== null && target.isMember",
    "target.isMember",
    "rbac §4: an ownerless shared image is as private [DEV]",
  ),
  mutate(
    "src/domain/policy-checks.ts",
    'target.visibility === "shared" && target.owner !== null',
    "target.owner !== null",
    "images §3: 404 for a member of an image that is private now",
  ),
  mutate(
    "src/domain/policy.ts",
    'new ServiceError("notFound", `No image found',
    'new ServiceError("forbidden", `No image found',
    "images §3: 404 for a project it is not shared with",
    "images §6: 404 for an image that is invisible",
  ),
  mutate(
    "src/domain/policy.ts",
    "add_image: ADMIN_OR_OWNING_MEMBER",
    'add_image: "role:member"',
    "images §2: 403 for another project as owner",
  ),
  mutate(
    "src/domain/policy.ts",
    "stores_info_detail: SERVICE_API",
    "stores_info_detail: EVERYONE",
    "info-tasks-cache §1.3: detail is 403 for others",
  ),
  mutate(
    "src/domain/policy.ts",
    "deactivate: ADMIN_OR_OWNING_MEMBER",
    "deactivate: EVERYONE",
    "data §4: 403 for deactivate, a reader",
  ),
];
