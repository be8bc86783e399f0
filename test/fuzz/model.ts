/**
 * What spec/rbac.md, members-tags.md, images.md and states.md say of who may see and change what, written down a second
 * time and without a look at src/: where the service and this disagree, one of them is wrong.
 */
export type Visibility = "public" | "community" | "shared" | "private";
export type MemberStatus = "pending" | "accepted" | "rejected";

export interface Who {
  readonly project: string;
  readonly role: "admin" | "member" | "reader" | "service" | "auditor";
}

export interface ModelImage {
  readonly id: string;
  name: string | null;
  owner: string | null;
  visibility: Visibility;
  status: string;
  protected: boolean;
  hidden: boolean;
  formats: boolean;
  minDisk: number;
  readonly members: Map<string, MemberStatus>;
  readonly tags: Set<string>;
  readonly properties: Map<string, string>;
  data: string | null;
  /** Stores of its locations, oldest first. */
  readonly places: readonly string[];
  /** Projects in whose name locations were to be imported. */
  readonly taskOwners: string[];
}

export const isAdmin = (who: Who): boolean => who.role === "admin";
export const reads = (who: Who): boolean => ["admin", "member", "reader"].includes(who.role);
const acts = (who: Who): boolean => ["admin", "member"].includes(who.role);
export const owns = (who: Who, image: ModelImage): boolean => image.owner === who.project;

/** spec/rbac.md section 3 and 4. */
export function sees(who: Who, image: ModelImage): boolean {
  if (isAdmin(who)) return true;
  if (!reads(who)) return false;
  if (owns(who, image) || image.visibility === "public" || image.visibility === "community") return true;
  return image.visibility === "shared" && image.owner !== null && image.members.has(who.project);
}

export const changes = (who: Who, image: ModelImage): boolean =>
  isAdmin(who) || (acts(who) && owns(who, image));
export const downloads = (who: Who, image: ModelImage): boolean => acts(who) && sees(who, image);
export const makes = (who: Who, owner: string | null, visibility: Visibility): boolean =>
  isAdmin(who) || (acts(who) && owner === who.project && visibility !== "public");

/** Members that the caller is told of, where it sees the image and that is shared (spec/members-tags.md section 1.2). */
export function membersFor(who: Who, image: ModelImage): string[] {
  const all = [...image.members.keys()];
  return isAdmin(who) || owns(who, image) ? all : all.filter((member) => member === who.project);
}

export interface Selection {
  readonly visibility: Visibility | "all" | undefined;
  readonly memberStatus: MemberStatus | "all";
  readonly hidden: boolean;
  readonly tag: string | undefined;
  readonly status: string | undefined;
  readonly owner: string | undefined;
  readonly protected: boolean | undefined;
}

/** spec/images.md sections 4.3 and 4.5. */
export function lists(who: Who, image: ModelImage, asked: Selection): boolean {
  if (image.hidden !== asked.hidden) return false;
  if (asked.tag !== undefined && !image.tags.has(asked.tag)) return false;
  if (asked.status !== undefined && image.status !== asked.status) return false;
  if (asked.owner !== undefined && image.owner !== asked.owner) return false;
  if (asked.protected !== undefined && image.protected !== asked.protected) return false;
  const { visibility } = image;
  const own = owns(who, image);
  if (isAdmin(who))
    return asked.visibility === undefined
      ? visibility !== "community" || own
      : asked.visibility === "all" || visibility === asked.visibility;
  const membership = image.owner === null ? undefined : image.members.get(who.project);
  const accepted =
    visibility === "shared" &&
    membership !== undefined &&
    (asked.memberStatus === "all" || membership === asked.memberStatus);
  switch (asked.visibility) {
    case undefined:
      return visibility === "public" || own || accepted;
    case "all":
      return visibility === "public" || visibility === "community" || own || accepted;
    case "shared":
      return (own && visibility === "shared") || accepted;
    case "private":
      return own && visibility === "private";
    default:
      return visibility === asked.visibility;
  }
}

/** spec/states.md section 2; `deleted` is an image that is no longer shown. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  queued: ["saving", "uploading", "importing", "active", "deleted"],
  saving: ["active", "killed", "deleted", "queued"],
  uploading: ["importing", "queued", "deleted"],
  importing: ["active", "deleted", "queued"],
  active: ["pending_delete", "deleted", "deactivated"],
  killed: ["deleted"],
  pending_delete: ["deleted", "active"],
  deactivated: ["active", "deleted"],
  deleted: [],
};

/** Whether legal moves lead from one status to the other: one request may make several, as an upload does. */
export function mayBecome(from: string, to: string): boolean {
  const reached = new Set([from]);
  for (const status of reached) for (const next of MOVES[status] ?? []) reached.add(next);
  return reached.has(to);
}
