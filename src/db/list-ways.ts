import { VISIBILITIES, type Visibility } from "../domain/image.ts";
import type { ListQuery } from "../domain/list-query.ts";
import { MEMBER_STATUSES } from "../domain/member.ts";
import type { Bind } from "./list-order.ts";

/** The caller for whom a list is made. */
export interface Audience {
  readonly projectId: string | null;
  readonly isAdmin: boolean;
}

/**
 * One way by which an image may be listed. No image is listed in two of them, so they are merged without comparing
 * rows.
 */
export type Way = OfVisibility | SharedWithMe;

export interface OfVisibility {
  readonly visibility: Visibility;
  /** The bound project to whose images the list is limited: the caller's own, or the one that the query names. */
  readonly owner?: string;
}

/** Images that others share with the caller's project, which has given them this status. */
export interface SharedWithMe {
  readonly memberStatuses: readonly string[];
  readonly owner?: string;
}

/** The caller's project, in every statement of a list. */
export const MY_PROJECT = "?1";

/** The table of spec/images.md section 4.5. D1 merges at most five ways in one statement. */
export function waysToBeListed(query: ListQuery, { isAdmin, projectId }: Audience, bind: Bind): Way[] {
  const owner = query.conditions.find(({ column }) => column === "owner")?.value as string | undefined;
  const named = owner === undefined ? {} : { owner: bind(owner) };
  const everybodys = (...wanted: readonly Visibility[]): OfVisibility[] =>
    wanted.map((visibility) => ({ visibility, ...named }));
  const own = (...wanted: readonly Visibility[]): OfVisibility[] =>
    owner === undefined || owner === projectId
      ? wanted.map((visibility) => ({ visibility, owner: MY_PROJECT }))
      : [];
  const shared: SharedWithMe = {
    memberStatuses: query.memberStatus === "all" ? MEMBER_STATUSES : [query.memberStatus],
    ...named,
  };
  switch (query.visibility) {
    case "default":
      return isAdmin
        ? [...everybodys("public", "private", "shared"), ...own("community")]
        : [...everybodys("public"), ...own("private", "shared", "community"), shared];
    case "all":
      return isAdmin
        ? everybodys(...VISIBILITIES)
        : [...everybodys("public", "community"), ...own("private", "shared"), shared];
    case "public":
    case "community":
      return everybodys(query.visibility);
    case "private":
      return isAdmin ? everybodys("private") : own("private");
    case "shared":
      return isAdmin ? everybodys("shared") : [...own("shared"), shared];
  }
}
