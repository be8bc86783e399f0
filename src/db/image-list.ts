import type { ImageRecord } from "../domain/image.ts";
import type { Condition, ListQuery, SortKey } from "../domain/list-query.ts";
import { findImageStatement, RECORD_COLUMNS, type RecordRow, recordOf } from "./images.ts";

/** For whom a list is made. */
export interface Audience {
  readonly projectId: string | null;
  readonly isAdmin: boolean;
}

/**
 * Every sort key as an expression that is never null, so that one comparison pages over all rows. Null sorts lowest
 * (spec/images.md section 4.2): 0 comes before every text, -1 before every size. The schema indexes the first two.
 */
const SORT_SQL: Record<SortKey, string> = {
  name: "CASE WHEN name IS NULL THEN 0 ELSE name END",
  created_at: "created_at",
  id: "id",
  status: "status",
  container_format: "CASE WHEN container_format IS NULL THEN 0 ELSE container_format END",
  disk_format: "CASE WHEN disk_format IS NULL THEN 0 ELSE disk_format END",
  size: "CASE WHEN size IS NULL THEN -1 ELSE size END",
  updated_at: "updated_at",
};

const OPERATOR_SQL: Record<Condition["operator"], (column: string, parameter: string) => string> = {
  eq: (column, parameter) => `${column} = ${parameter}`,
  neq: (column, parameter) => `${column} <> ${parameter}`,
  gt: (column, parameter) => `${column} > ${parameter}`,
  gte: (column, parameter) => `${column} >= ${parameter}`,
  lt: (column, parameter) => `${column} < ${parameter}`,
  lte: (column, parameter) => `${column} <= ${parameter}`,
  in: (column, parameter) => `${column} IN (SELECT value FROM json_each(${parameter}))`,
};

/** One way to be listed: no image is listed in two of them, so the ways are merged without comparing their rows. */
interface Way {
  readonly from: string;
  readonly where: string;
}

const OF_VISIBILITY = (visibility: string): Way => ({
  from: "images",
  where: `visibility = '${visibility}'`,
});
const OF_OTHERS = (visibility: string): Way => ({
  from: "images",
  where: `visibility = '${visibility}' AND owner IS NOT ?1`,
});
const OWN: Way = { from: "images", where: "owner = ?1" };
const OWN_OF = (visibility: string): Way => ({
  from: "images",
  where: `owner = ?1 AND visibility = '${visibility}'`,
});
/** An ownerless shared image is as private (spec/rbac.md section 4), so `owner <> ?1` leaves it out too. */
const SHARED_WITH_ME = (memberStatus: string): Way => ({
  from: "image_members CROSS JOIN images ON images.id = image_members.image_id",
  where: `member = ?1 AND visibility = 'shared' AND owner <> ?1${
    memberStatus === "all" ? "" : ` AND image_members.status = '${memberStatus}'`
  }`,
});

/** The table of spec/images.md section 4.5. D1 merges at most five ways in one statement. */
function waysToBeListed({ visibility, memberStatus }: ListQuery, { isAdmin }: Audience): Way[] {
  const shared = SHARED_WITH_ME(memberStatus);
  switch (visibility) {
    case "default":
      return isAdmin
        ? [OF_VISIBILITY("public"), OF_VISIBILITY("private"), OF_VISIBILITY("shared"), OWN_OF("community")]
        : [OWN, OF_OTHERS("public"), shared];
    case "all":
      return isAdmin
        ? ["public", "private", "shared", "community"].map(OF_VISIBILITY)
        : [OWN, OF_OTHERS("public"), OF_OTHERS("community"), shared];
    case "public":
    case "community":
      return [OF_VISIBILITY(visibility)];
    case "private":
      return [isAdmin ? OF_VISIBILITY("private") : OWN_OF("private")];
    case "shared":
      return isAdmin ? [OF_VISIBILITY("shared")] : [OWN_OF("shared"), shared];
  }
}

/** Bound values of one statement, each bound once however often it is used. */
class Parameters {
  readonly values: (string | number | null)[] = [];

  add(value: string | number | null): string {
    this.values.push(value);
    return `?${this.values.length}`;
  }
}

/** What the query asks of every image, whichever way it is listed. */
function filters(query: ListQuery, parameters: Parameters): string[] {
  const terms = [
    "images.deleted_at IS NULL",
    `os_hidden = ${query.osHidden ? 1 : 0}`,
    "images.status NOT IN ('killed', 'pending_delete')",
  ];
  for (const { column, operator, value } of query.conditions) {
    const bound = typeof value === "object" ? JSON.stringify(value) : value;
    terms.push(OPERATOR_SQL[operator](columnSql(column), parameters.add(bound)));
  }
  if (query.tags.length > 0)
    terms.push(`NOT EXISTS (SELECT 1 FROM json_each(${parameters.add(JSON.stringify(query.tags))}) wanted
      WHERE NOT EXISTS (SELECT 1 FROM image_tags t WHERE t.image_id = images.id AND t.value = wanted.value))`);
  if (query.properties.length > 0)
    terms.push(`NOT EXISTS (SELECT 1 FROM json_each(${parameters.add(JSON.stringify(query.properties))}) wanted
      WHERE NOT EXISTS (SELECT 1 FROM image_properties p WHERE p.image_id = images.id
        AND p.name = wanted.value ->> 'name' AND p.value = wanted.value ->> 'value'))`);
  if (query.matchesNothing) terms.push("0");
  return terms;
}

/**
 * True of the images that come after the marker: beyond it in the first key, or level with it and beyond it in the
 * next, and so on. The first term says nothing new; it is what an index seeks by.
 */
function afterMarker({ sort, marker }: ListQuery, parameters: Parameters): string[] {
  const [first] = sort;
  if (marker === undefined || !first) return [];
  const id = parameters.add(marker);
  const own = (key: SortKey) => qualified(key, "images");
  const theMarkers = (key: SortKey) => `(SELECT ${qualified(key, "m")} FROM images m WHERE m.id = ${id})`;
  const beyond = { asc: ">", desc: "<" };
  const nested = sort.reduceRight<string>((rest, { key, direction }) => {
    const further = `${own(key)} ${beyond[direction]} ${theMarkers(key)}`;
    return rest === "" ? further : `(${further} OR (${own(key)} = ${theMarkers(key)} AND ${rest}))`;
  }, "");
  return [`${own(first.key)} ${beyond[first.direction]}= ${theMarkers(first.key)}`, nested];
}

/** A name is compared as it is sorted, so that its index serves both. */
function columnSql(column: Condition["column"]): string {
  if (column === "name") return qualified("name", "images");
  return column.endsWith("_second")
    ? `images.${column.replace("_second", "_at")} / 1000000`
    : `images.${column}`;
}

const qualified = (key: SortKey, table: string): string =>
  SORT_SQL[key].replaceAll(new RegExp(`\\b${key}\\b`, "g"), `${table}.${key}`);

/**
 * One statement for a whole page: each way to be listed walks its index in the order asked for, the walks are merged
 * until the page is full, and only the page's images are read.
 */
export function imageListSql(
  query: ListQuery,
  audience: Audience,
): { sql: string; values: (string | number | null)[] } {
  const parameters = new Parameters();
  parameters.add(audience.projectId);
  const where = [...filters(query, parameters), ...afterMarker(query, parameters)];
  const keys = query.sort.map(({ key }) => `${qualified(key, "images")} AS ${key}_`);
  const columns = [...new Set([...keys, "images.id AS id_"])].join(", ");
  const ways = waysToBeListed(query, audience).map(
    (way) => `SELECT ${columns} FROM ${way.from} WHERE ${[way.where, ...where].join(" AND ")}`,
  );
  const order = query.sort.map(({ key, direction }) => `${key}_ ${direction}`).join(", ");
  return {
    sql: `WITH page AS (${ways.join(" UNION ALL ")} ORDER BY ${order} LIMIT ${parameters.add(query.limit)})
      SELECT ${RECORD_COLUMNS} FROM page CROSS JOIN images i ON i.id = page.id_ ORDER BY ${order}`,
    values: parameters.values,
  };
}

/** A page of the list, with the marker's own record where the query names one that exists. */
export async function listImages(
  db: D1Database,
  query: ListQuery,
  audience: Audience,
): Promise<{ page: ImageRecord[]; marker: ImageRecord | undefined }> {
  const { sql, values } = imageListSql(query, audience);
  const list = db.prepare(sql).bind(...values);
  if (query.marker === undefined) {
    const { results } = await list.all<RecordRow>();
    return { page: results.map(recordOf), marker: undefined };
  }
  const [marker, page] = await db.batch<RecordRow>([
    findImageStatement(db, query.marker, audience.projectId),
    list,
  ]);
  const row = marker?.results[0];
  return { page: (page?.results ?? []).map(recordOf), marker: row && recordOf(row) };
}
