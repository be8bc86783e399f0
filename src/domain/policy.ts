import { type Caller, isAdmin } from "./caller.ts";
import { ServiceError } from "./errors.ts";

/** What a rule is asked about. */
export interface Target {
  /** Null while the image is not created yet: nothing is hidden then, so a refusal is a 403. */
  readonly id: string | null;
  /** For `add_image` the owner asked for. Null: ownerless. */
  readonly owner: string | null;
  readonly visibility: string;
  /** The caller's project is a member of the image, whatever the member's status. */
  readonly isMember: boolean;
  /** The project that a members request names, where it names one. */
  readonly member?: string;
}

type Check = (caller: Caller, target: Target | undefined) => boolean;

const has =
  (role: string): Check =>
  (caller) =>
    caller.roles.includes(role);

const owns: Check = (caller, target) =>
  target !== undefined && target.owner !== null && target.owner === caller.projectId;

/** Members count only while the image is shared; an ownerless shared image is as private (spec/rbac.md section 4). */
const visible: Check = (caller, target) =>
  target !== undefined &&
  (target.visibility === "public" ||
    target.visibility === "community" ||
    owns(caller, target) ||
    (target.visibility === "shared" && target.owner !== null && target.isMember));

const isShareTarget: Check = (caller, target) =>
  target?.member !== undefined && target.member === caller.projectId;

const all =
  (...checks: Check[]): Check =>
  (caller, target) =>
    checks.every((check) => check(caller, target));

const any =
  (...checks: Check[]): Check =>
  (caller, target) =>
    checks.some((check) => check(caller, target));

const everyone: Check = () => true;
const admin: Check = isAdmin;
const reader = has("reader");
const member = has("member");
const serviceApi = any(has("service"), has("admin"));
const adminOrOwningMember = any(admin, all(member, owns));
const adminOrOwningReader = any(admin, all(reader, owns));
const adminOrMemberWhoSees = any(admin, all(member, visible));
const adminReaderOrShareTarget = any(adminOrOwningReader, all(reader, isShareTarget));

/** Glance's secure defaults (spec/rbac.md section 2), rules of the metadata definitions apart. */
const RULES = {
  add_image: adminOrOwningMember,
  get_images: any(admin, reader),
  get_image: any(admin, all(reader, visible)),
  modify_image: adminOrOwningMember,
  delete_image: adminOrOwningMember,
  publicize_image: admin,
  communitize_image: adminOrOwningMember,
  upload_image: adminOrOwningMember,
  download_image: adminOrMemberWhoSees,
  download_from_store: adminOrMemberWhoSees,
  deactivate: adminOrOwningMember,
  reactivate: adminOrOwningMember,
  copy_image: admin,
  get_image_location: adminOrOwningReader,
  set_image_location: adminOrOwningMember,
  delete_image_location: admin,
  add_image_location: any(serviceApi, all(member, owns)),
  fetch_image_location: serviceApi,
  add_member: adminOrOwningMember,
  delete_member: adminOrOwningMember,
  get_member: adminReaderOrShareTarget,
  get_members: adminReaderOrShareTarget,
  modify_member: any(admin, all(member, isShareTarget)),
  tasks_api_access: admin,
  get_task: everyone,
  get_tasks: everyone,
  add_task: everyone,
  modify_task: everyone,
  cache_list: admin,
  cache_image: admin,
  cache_delete: admin,
  cache_clean: admin,
  cache_prune: admin,
  list_cached_nodes: admin,
  stores_info_detail: any(admin, has("service")),
} as const satisfies Record<string, Check>;

export type Rule = keyof typeof RULES;

export const RULE_NAMES = Object.keys(RULES) as readonly Rule[];

/** Whether the rule, taken alone, lets the caller act on the target. */
export const allows = (rule: Rule, caller: Caller, target?: Target): boolean => RULES[rule](caller, target);

/**
 * Lets the caller go on or rejects. What the caller may not even see does not exist for it: `notFound`; any other
 * refusal is `forbidden` (spec/rbac.md section 3). Creating, listing, tasks and cache have no image: `forbidden`.
 */
export function authorize(rule: Rule, caller: Caller, target?: Target): void {
  const hidden = target !== undefined && target.id !== null && !admin(caller, target);
  if (hidden && !visible(caller, target)) throw noSuchImage(target.id);
  if (allows(rule, caller, target)) return;
  if (hidden && !allows("get_image", caller, target)) throw noSuchImage(target.id);
  throw new ServiceError("forbidden", `You are not authorized to complete ${rule} action.`);
}

/** The one answer for an image that is absent, deleted or hidden from the caller. */
export const noSuchImage = (id: string | null): ServiceError =>
  new ServiceError("notFound", `No image found with ID ${id}`);
