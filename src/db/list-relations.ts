import type { ListQuery } from "../domain/list-query.ts";
import { hasValue } from "./list-filters.ts";
import { type Bind, isWalked, OF_IMAGES, type SortColumns } from "./list-order.ts";
import {
  firstOf,
  imageOf,
  isListed,
  type ListParts,
  limitedIf,
  oneOf,
  seesFew,
  selectRows,
  type Walk,
  walk,
} from "./list-walks.ts";

/** How many of the requested tags and properties are counted to find the rarest. */
const COUNTED = 8;

/** The rows of a page, and their source. */
export interface PageSql {
  readonly page: string;
  readonly before?: string;
}

/** A table of what images carry, and the index that keeps the rows of one value together. */
interface Relation {
  readonly kind: "tag" | "property";
  readonly table: string;
  readonly index: string;
  /** True for the rows `t` whose value is that of `wanted`, which has the columns name and value. */
  readonly is: (wanted: (column: "name" | "value") => string) => string;
  /** The requested JSON, as rows of name and value. */
  readonly asked: (json: string) => string;
}

const TAGS: Relation = {
  kind: "tag",
  table: "image_tags",
  index: "image_tags_by_value",
  is: (wanted) => `t.value = ${wanted("value")}`,
  asked: (json) => `SELECT NULL AS name, value FROM json_each(${json})`,
};

const PROPERTIES: Relation = {
  kind: "property",
  table: "image_properties",
  index: "image_properties_by_value",
  is: (wanted) => `t.name = ${wanted("name")} AND ${hasValue(wanted("value"))}`,
  asked: (json) => `SELECT value ->> 'name' AS name, value ->> 'value' AS value FROM json_each(${json})`,
};

/** The requested items of the relation, with the number of images that have each. */
const counted = (
  { kind, table, index, is, asked, json }: Relation & { readonly json: string },
  { few }: ListParts,
): string =>
  `SELECT '${kind}' AS kind, name, value, (SELECT count(*) FROM (SELECT 1 FROM ${table} t INDEXED BY ${index}
    WHERE ${is((column) => `asked.${column}`)} LIMIT ${few + 1})) AS n FROM (${asked(json)} LIMIT ${COUNTED}) asked`;

const ofRow: SortColumns = (key) =>
  key === "created_at" || key === "id" ? `t.image_${key}` : OF_IMAGES(key);

/**
 * The rarest of the tags and properties leads to its images, if they are few. If they are many, those rows are walked
 * in the default order, for which their index holds the image's time. But if the caller sees few images at all, or the
 * order is another, the images are walked as without a filter and each is checked.
 */
export function byTagOrProperty(
  query: ListQuery,
  { parts, bind, walked }: { parts: ListParts; bind: Bind; walked: Walk },
): PageSql {
  const relations = [
    ...(query.tags.length > 0 ? [{ ...TAGS, json: bind(JSON.stringify(query.tags)) }] : []),
    ...(query.properties.length > 0 ? [{ ...PROPERTIES, json: bind(JSON.stringify(query.properties)) }] : []),
  ];
  const before = `rarest AS MATERIALIZED (SELECT * FROM (${oneOf(relations.map((relation) => counted(relation, parts)))}) ORDER BY n LIMIT 1)`;
  const many = `(SELECT n FROM rarest) > ${parts.few}`;
  const listed = isListed(parts);
  const found = relations.map(({ kind, table, index, is }) =>
    selectRows(
      parts,
      `rarest CROSS JOIN ${table} t INDEXED BY ${index} CROSS JOIN ${imageOf("t.image_id")}`,
      [
        `rarest.kind = '${kind}' AND rarest.n <= ${parts.few} AND ${is((column) => `rarest.${column}`)}`,
        listed,
      ],
    ),
  );
  const sources = [firstOf(found, parts, parts.limit)];
  let walks = many;
  if (walked.key === "created_at" && !walked.selective && isWalked(parts.order)) {
    const sees = seesFew(parts);
    walks = `${many} AND ${sees}`;
    const wanted = (kind: string) => (column: string) =>
      `(SELECT ${column} FROM rarest WHERE kind = '${kind}')`;
    for (const { kind, table, index, is } of relations) {
      const rows = selectRows(
        parts,
        `${table} t INDEXED BY ${index} CROSS JOIN ${imageOf("t.image_id")}`,
        [is(wanted(kind)), listed],
        ofRow,
      );
      sources.push(firstOf([rows], parts, limitedIf(`${many} AND NOT (${sees})`, parts)));
    }
  }
  sources.push(walk(parts, walked, limitedIf(walks, parts)));
  return { before, page: oneOf(sources) };
}
