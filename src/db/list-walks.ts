import type { SortKey } from "../domain/list-query.ts";
import type { Filter } from "./list-filters.ts";
import {
  type ListOrder,
  type Marker,
  OF_IMAGES,
  type SortColumns,
  sortColumns,
  sortedBy,
} from "./list-order.ts";
import { MY_PROJECT, type OfVisibility, type SharedWithMe, type Way } from "./list-ways.ts";

/** The parts of a list's statement: SQL, with its values bound. */
export interface ListParts {
  readonly ways: readonly Way[];
  readonly order: ListOrder;
  /** All true for every image of the list. */
  readonly filters: readonly Filter[];
  readonly marker: Marker | undefined;
  readonly limit: string;
  /** How many matches count as few. */
  readonly few: number;
  /** Whether images that are equal in the first of several keys are a list of their own, which takes three walks for one. */
  readonly inGroups: boolean;
  /** What the statement reads more than once: the names of tables by their SQL. */
  readonly tables: Map<string, string>;
  readonly osHidden: boolean;
}

/**
 * Up to this many matches of a filter are read and sorted. If there are more, the page is searched in the requested
 * order, which among a million images passes at most 500 for each match. Both take about ten milliseconds at most.
 */
export const FEW = 2_000;

/** The limit of one of several sources of a page: the others then return no rows. */
export const limitedIf = (condition: string, { limit }: ListParts): string =>
  `CASE WHEN ${condition} THEN ${limit} ELSE 0 END`;

export const oneOf = (sources: readonly string[]): string => sources.join(" UNION ALL ");

const select = (columns: string, from: string, where: readonly string[]): string =>
  `SELECT ${columns} FROM ${from} WHERE ${where.join(" AND ")}`;

/** The images of this source that are on the page, as rows: each a row number and its sort columns. */
export const selectRows = (
  { order, filters, marker }: ListParts,
  from: string,
  where: readonly string[],
  columns: SortColumns = OF_IMAGES,
): string =>
  select(`images.rowid AS row_, ${sortColumns(order, columns)}`, from, [
    ...where,
    ...filters.map(({ sql }) => sql(columns)),
    ...(marker?.isBefore(order, columns) ?? []),
  ]);

/** The first of them, in order. */
export const firstOf = (arms: readonly string[], { order }: ListParts, limit: string): string =>
  `SELECT * FROM (${arms.join(" UNION ALL ")} ORDER BY ${sortedBy(order)} LIMIT ${limit})`;

/** Joins the image with this id by its primary key, whichever index would suit the other conditions. */
export function imageOf(id: string): string {
  return `images INDEXED BY sqlite_autoindex_images_1 ON images.id = ${id}`;
}

const isShare = (way: Way): way is SharedWithMe => "memberStatuses" in way;

const ofOwner = ({ owner }: Way): string[] => (owner === undefined ? [] : [`images.owner = ${owner}`]);

const ofVisibility = (way: OfVisibility): string[] => [
  ...ofOwner(way),
  `images.visibility = '${way.visibility}'`,
];

/**
 * A shared image without an owner is treated as private (spec/rbac.md section 4), so `owner <> ?1` excludes it too.
 */
const ofOthers = (way: SharedWithMe): string[] => [
  ...ofOwner(way),
  `images.visibility = 'shared' AND images.owner <> ${MY_PROJECT}`,
];

/** The index of a sort key, over everybody's images or over one project's (db/schema.ts). */
const indexed = (way: OfVisibility, key: SortKey): string =>
  `images INDEXED BY images_by_${way.owner === undefined ? "visibility" : "owner"}${key === "created_at" ? "" : `_${key}`}`;

/** A project's memberships have their image's time and id in their index. */
const OF_MEMBERS: SortColumns = (key) =>
  key === "created_at" || key === "id" ? `image_members.image_${key}` : OF_IMAGES(key);

const MEMBERSHIPS = `image_members INDEXED BY image_members_by_member CROSS JOIN ${imageOf("image_members.image_id")}`;

const isMember = ({ memberStatuses }: SharedWithMe): string =>
  `image_members.member = ${MY_PROJECT} AND image_members.status IN (${memberStatuses.map((status) => `'${status}'`).join(", ")})`;

const hasMember = (way: SharedWithMe): string =>
  `(SELECT 1 FROM image_members WHERE image_members.image_id = images.id AND ${isMember(way)})`;

/** The condition by which images are looked up first, if several are possible: probably the most selective one. */
export const MOST_SELECTIVE: readonly SortKey[] = [
  "name",
  "updated_at",
  "created_at",
  "size",
  "status",
  "disk_format",
  "container_format",
];

/** How a walk goes. */
export interface Walk {
  /** The key whose index is walked. */
  readonly key: SortKey;
  /** A condition on this key may leave few images; then these are sorted, separately in each way. */
  readonly selective?: SortKey;
}

/** The filters that an index of the key can answer: each is checked within the index. */
const heldBy = (key: SortKey, { filters }: ListParts): string[] =>
  filters.filter(({ indexed }) => indexed === key || indexed === "every").map(({ sql }) => sql(OF_IMAGES));

/** A table that is made once, however often the statement reads it. */
export function tableOf(what: string, sql: string, { tables }: ListParts): string {
  const name = tables.get(sql) ?? `${what}_${tables.size}`;
  tables.set(sql, name);
  return name;
}

/** For the statement's WITH clause. */
export const tablesSql = ({ tables }: ListParts): string[] =>
  [...tables].map(([sql, name]) => `${name} AS MATERIALIZED (${sql})`);

/** How many rows these are, up to one more than few. */
const countOf = (rows: string, parts: ListParts, most = `${parts.few + 1}`): string =>
  `(SELECT n FROM ${tableOf("count", `SELECT count(*) AS n FROM (${rows} LIMIT ${most})`, parts)})`;

const isFew = (rows: string, parts: ListParts): string => `${countOf(rows, parts)} <= ${parts.few}`;

/** True if these rows, if they are few, are no more than the others, of which no more are counted. */
function isNoMore(rows: string, others: string, parts: ListParts): string {
  const count = countOf(rows, parts);
  return `${countOf(others, parts, `CASE WHEN ${isFew(rows, parts)} THEN ${count} ELSE 0 END`)} >= ${count}`;
}

/** The images of this way that meet the condition on the walked key, if there is one. */
function matchesOf({ key, selective }: Walk, way: OfVisibility, parts: ListParts): string | undefined {
  if (selective !== undefined || !parts.filters.some(({ indexed }) => indexed === key)) return undefined;
  return select("1", indexed(way, key), [...ofVisibility(way), ...heldBy(key, parts)]);
}

function ofVisibilityBy(
  { key, selective }: Walk,
  { way, parts, more = [] }: { way: OfVisibility; parts: ListParts; more?: readonly string[] },
): string {
  const by = (index: SortKey) => selectRows(parts, indexed(way, index), [...ofVisibility(way), ...more]);
  if (selective === undefined) return by(key);
  const matches = select("1", indexed(way, selective), [...ofVisibility(way), ...heldBy(selective, parts)]);
  const few = isFew(matches, parts);
  return `SELECT * FROM (${oneOf([
    firstOf([by(selective)], parts, limitedIf(few, parts)),
    firstOf([by(key)], parts, limitedIf(`NOT (${few})`, parts)),
  ])})`;
}

/**
 * Memberships are sorted by their images' times alone, and do not tell whether an image is hidden, which hardly any is.
 * For another order, and for hidden images, the images are sorted if they are few; if they are many, everything shared
 * is walked, and each image is checked for its member. So it is if fewer images match a condition on the walked key than
 * there are memberships.
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
  if (walked.key === "created_at" && !walked.selective && !way.owner && !parts.osHidden)
    return byMember(parts.limit);
  const ofEverybody = { ...way, visibility: "shared" } as const;
  const memberships = select("1", "image_members", [isMember(way)]);
  const matches = matchesOf(walked, ofEverybody, parts);
  const areFew = isFew(memberships, parts);
  const few = matches === undefined ? areFew : `${areFew} AND ${isNoMore(memberships, matches, parts)}`;
  const all = ofVisibilityBy(walked, {
    way: ofEverybody,
    parts,
    more: [...ofOthers(way), hasMember(way)],
  });
  return `SELECT * FROM (${oneOf([
    byMember(limitedIf(few, parts)),
    firstOf([all], parts, limitedIf(`NOT (${few})`, parts)),
  ])})`;
}

/** Each way walks its index; the walks are merged until there are enough images. */
export function walk(parts: ListParts, walked: Walk, limit: string): string {
  const arms = parts.ways.map((way) =>
    isShare(way) ? sharesBy(walked, way, parts) : ofVisibilityBy(walked, { way, parts }),
  );
  return firstOf(arms, parts, limit);
}

/** Whether the caller sees few images, whatever the filters. */
export function seesFew(parts: ListParts): string {
  const arms = parts.ways.map((way) =>
    isShare(way)
      ? select("1", "image_members", [isMember(way)])
      : select("1", indexed(way, "created_at"), [...ofVisibility(way), ...heldBy("created_at", parts)]),
  );
  return isFew(oneOf(arms), parts);
}

/** True for an image that is listed in one of the ways; for images that were found by other means. */
export function isListed({ ways }: ListParts): string {
  const terms = ways.map((way) =>
    isShare(way) ? [...ofOthers(way), hasMember(way)].join(" AND ") : ofVisibility(way).join(" AND "),
  );
  return `(${terms.map((term) => `(${term})`).join(" OR ")})`;
}
