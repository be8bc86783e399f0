import type { SortKey } from "../domain/list-query.ts";
import type { Filter } from "./list-filters.ts";
import { type ListOrder, OF_IMAGES, type SortColumns, sortColumns, sortedBy } from "./list-order.ts";
import { MY_PROJECT, type OfVisibility, type SharedWithMe, type Way } from "./list-ways.ts";

/** What one list is put together from: SQL, with its values bound. */
export interface ListParts {
  readonly ways: readonly Way[];
  readonly order: ListOrder;
  /** True of every image of the list. */
  readonly filters: readonly Filter[];
  /** True of what comes after the marker, over the columns that an index is sorted by. */
  readonly after: (columns: SortColumns) => readonly string[];
  readonly limit: string;
  /** How many matches are few. */
  readonly few: number;
}

/**
 * Up to so many matches of a filter are read and sorted; of more, a page is looked for in the order asked for, which
 * among a million images passes 500 for each one found, or fewer. Both end within some ten milliseconds.
 */
export const FEW = 2_000;

/** For one of several sources of a page, of which the others then get no rows. */
export const limitedIf = (condition: string, { limit }: ListParts): string =>
  `CASE WHEN ${condition} THEN ${limit} ELSE 0 END`;

export const oneOf = (sources: readonly string[]): string => sources.join(" UNION ALL ");

const select = (columns: string, from: string, where: readonly string[]): string =>
  `SELECT ${columns} FROM ${from} WHERE ${where.join(" AND ")}`;

/** The images of this source that are on the page, as rows of it: each a number of a row, and what it is sorted by. */
export const selectRows = (
  { order, filters, after }: ListParts,
  from: string,
  where: readonly string[],
  columns: SortColumns = OF_IMAGES,
): string =>
  select(`images.rowid AS row_, ${sortColumns(order, columns)}`, from, [
    ...where,
    ...filters.map(({ sql }) => sql(columns)),
    ...after(columns),
  ]);

/** The first of them, in order. */
export const firstOf = (arms: readonly string[], { order }: ListParts, limit: string): string =>
  `SELECT * FROM (${arms.join(" UNION ALL ")} ORDER BY ${sortedBy(order)} LIMIT ${limit})`;

/** The image of this id, to be joined: by its primary key, whichever index would do for what else is asked of it. */
export function imageOf(id: string): string {
  return `images INDEXED BY sqlite_autoindex_images_1 ON images.id = ${id}`;
}

const isShare = (way: Way): way is SharedWithMe => "memberStatuses" in way;

const ofOwner = ({ owner }: Way): string[] => (owner === undefined ? [] : [`images.owner = ${owner}`]);

const ofVisibility = (way: OfVisibility): string[] => [
  ...ofOwner(way),
  `images.visibility = '${way.visibility}'`,
];

/** An ownerless shared image is as private (spec/rbac.md section 4), so `owner <> ?1` leaves it out too. */
const ofOthers = (way: SharedWithMe): string[] => [
  ...ofOwner(way),
  `images.visibility = 'shared' AND images.owner <> ${MY_PROJECT}`,
];

/** An index of each sort key, of everybody's images or of one project's (db/schema.ts). */
const indexed = (way: OfVisibility, key: SortKey): string =>
  `images INDEXED BY images_by_${way.owner === undefined ? "visibility" : "owner"}${key === "created_at" ? "" : `_${key}`}`;

/** The memberships of a project have their image's time and id in their index. */
const OF_MEMBERS: SortColumns = (key) =>
  key === "created_at" || key === "id" ? `image_members.image_${key}` : OF_IMAGES(key);

const MEMBERSHIPS = `image_members INDEXED BY image_members_by_member CROSS JOIN ${imageOf("image_members.image_id")}`;

const isMember = ({ memberStatuses }: SharedWithMe): string =>
  `image_members.member = ${MY_PROJECT} AND image_members.status IN (${memberStatuses.map((status) => `'${status}'`).join(", ")})`;

const hasMember = (way: SharedWithMe): string =>
  `(SELECT 1 FROM image_members WHERE image_members.image_id = images.id AND ${isMember(way)})`;

/** How a walk goes. */
export interface Walk {
  /** Whose index is walked. */
  readonly key: SortKey;
  /** A condition on this key leaves few, perhaps: then these are sorted, in every way to be listed by itself. */
  readonly selective?: SortKey;
}

/** What an index of the key holds of the filters: each is a step in it and no more. */
const heldBy = (key: SortKey, { filters }: ListParts): string[] =>
  filters.filter(({ indexed }) => indexed === key || indexed === "every").map(({ sql }) => sql(OF_IMAGES));

const countUpTo = (most: number, rows: string): string => `(SELECT count(*) FROM (${rows} LIMIT ${most}))`;

function ofVisibilityBy(
  { key, selective }: Walk,
  { way, parts, more = [] }: { way: OfVisibility; parts: ListParts; more?: readonly string[] },
): string {
  const by = (index: SortKey) => selectRows(parts, indexed(way, index), [...ofVisibility(way), ...more]);
  if (selective === undefined) return by(key);
  const matches = select("1", indexed(way, selective), [...ofVisibility(way), ...heldBy(selective, parts)]);
  const few = `${countUpTo(parts.few + 1, matches)} <= ${parts.few}`;
  return `SELECT * FROM (${oneOf([
    firstOf([by(selective)], parts, limitedIf(few, parts)),
    firstOf([by(key)], parts, limitedIf(`NOT (${few})`, parts)),
  ])})`;
}

/**
 * Memberships are sorted by their images' times alone. For what they are not sorted by, the images of few are sorted;
 * with many, all that is shared is walked, and each image asked for its member.
 */
function sharesBy(walked: Walk, way: SharedWithMe, parts: ListParts): string {
  const byMember = (limit: string) =>
    firstOf(
      way.memberStatuses.map((status) => {
        const ofStatus = isMember({ memberStatuses: [status] });
        return selectRows(parts, MEMBERSHIPS, [ofStatus, ...ofOthers(way)], OF_MEMBERS);
      }),
      parts,
      limit,
    );
  if (walked.key === "created_at" && !walked.selective && !way.owner) return byMember(parts.limit);
  const few = `${countUpTo(parts.few + 1, select("1", "image_members", [isMember(way)]))} <= ${parts.few}`;
  const all = ofVisibilityBy(walked, {
    way: { ...way, visibility: "shared" },
    parts,
    more: [...ofOthers(way), hasMember(way)],
  });
  return `SELECT * FROM (${oneOf([
    byMember(limitedIf(few, parts)),
    firstOf([all], parts, limitedIf(`NOT (${few})`, parts)),
  ])})`;
}

/** Each way to be listed walks its index; the walks are merged until there are enough. */
export function walk(parts: ListParts, walked: Walk, limit: string): string {
  const arms = parts.ways.map((way) =>
    isShare(way) ? sharesBy(walked, way, parts) : ofVisibilityBy(walked, { way, parts }),
  );
  return firstOf(arms.length > 0 ? arms : [selectRows(parts, "images", ["0"])], parts, limit);
}

/** Whether the caller sees few images, whatever is asked of them. */
export function seesFew(parts: ListParts): string {
  const arms = parts.ways.map((way) =>
    isShare(way)
      ? select("1", "image_members", [isMember(way)])
      : select("1", indexed(way, "created_at"), [...ofVisibility(way), ...heldBy("created_at", parts)]),
  );
  return arms.length === 0 ? "1" : `${countUpTo(parts.few + 1, arms.join(" UNION ALL "))} <= ${parts.few}`;
}

/** True of an image that is listed in any of the ways: for images that were found by something else. */
export function isListed({ ways }: ListParts): string {
  const terms = ways.map((way) =>
    isShare(way) ? [...ofOthers(way), hasMember(way)].join(" AND ") : ofVisibility(way).join(" AND "),
  );
  return terms.length > 0 ? `(${terms.map((term) => `(${term})`).join(" OR ")})` : "0";
}
