import { type Caller, isAdmin } from "./caller.ts";

/** What a rule decides about. */
export interface Target {
  /** Null for an image that is not created yet: nothing is hidden then, so a refusal is a 403. */
  readonly id: string | null;
  /** For `add_image`, the requested owner. Null: no owner. */
  readonly owner: string | null;
  readonly visibility: string;
  /** Whether the caller's project is a member of the image, whatever the member's status. */
  readonly isMember: boolean;
  /** The project that a request about members names, if any. */
  readonly member?: string;
  readonly properties?: Readonly<Record<string, string | null>>;
}

export type Check = (caller: Caller, target: Target | undefined) => boolean;

const owns: Check = (caller, target) =>
  target !== undefined && target.owner !== null && target.owner === caller.projectId;

/**
 * Members count only while the image is shared. A shared image without an owner is treated as private (spec/rbac.md
 * section 4).
 */
const isMemberOfShared: Check = (_caller, target) =>
  target !== undefined && target.visibility === "shared" && target.owner !== null && target.isMember;

const has =
  (...visibilities: string[]): Check =>
  (_caller, target) =>
    target !== undefined && visibilities.includes(target.visibility);

const isOpen = has("public", "community");

/** Whether the image exists for the caller: rules decide only about visible images (spec/rbac.md section 3). */
export const visible: Check = (caller, target) =>
  isOpen(caller, target) || owns(caller, target) || isMemberOfShared(caller, target);

/** The checks without an argument. */
export const NAMED_CHECKS: Readonly<Record<string, Check>> = {
  admin: isAdmin,
  owner: owns,
  member_of_image: isMemberOfShared,
  visible,
  share_target: (caller, target) => target?.member !== undefined && target.member === caller.projectId,
  public: has("public"),
  community: has("community"),
  shared: has("shared"),
  private: has("private"),
};

/** The checks with an argument, as in `role:member`; undefined if the argument makes no sense. */
export const CHECKS_OF: Readonly<Record<string, (argument: string) => Check | undefined>> = {
  role: (role) => (caller) => caller.roles.includes(role.toLowerCase()),
  service_role: (role) => (caller) => caller.serviceRoles.includes(role.toLowerCase()),
  property: (argument) => {
    const [, name = "", value = ""] = /^([^=]+)=(.*)$/.exec(argument) ?? [];
    return name === "" ? undefined : (_caller, target) => propertyOf(target, name) === value;
  },
};

const propertyOf = (target: Target | undefined, name: string) =>
  target?.properties !== undefined && Object.hasOwn(target.properties, name)
    ? target.properties[name]
    : undefined;
