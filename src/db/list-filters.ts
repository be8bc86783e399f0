import { type Condition, type ListQuery, SORT_KEYS, type SortKey } from "../domain/list-query.ts";
import type { Bind, ListOrder, SortColumns } from "./list-order.ts";

export const OPERATOR_SQL: Record<Condition["operator"], (left: string, parameter: string) => string> = {
  eq: (left, parameter) => `${left} = ${parameter}`,
  neq: (left, parameter) => `${left} <> ${parameter}`,
  gt: (left, parameter) => `${left} > ${parameter}`,
  gte: (left, parameter) => `${left} >= ${parameter}`,
  lt: (left, parameter) => `${left} < ${parameter}`,
  lte: (left, parameter) => `${left} <= ${parameter}`,
  in: (left, parameter) => `${left} IN (SELECT value FROM json_each(${parameter}))`,
};

/** The sort key whose index can look a condition up; other comparisons have no index. */
export function indexedKey({ column, operator }: Condition): SortKey | undefined {
  if (operator === "neq") return undefined;
  const key = column.replace("_second", "_at");
  return SORT_KEYS.find((known) => known === key);
}

/** A term of the WHERE clause. */
export interface Filter {
  /** The SQL, over the columns that the index in use is sorted by. */
  readonly sql: (columns: SortColumns) => string;
  /** The sort key whose indexes hold the compared column; `every` if all of them do. */
  readonly indexed?: SortKey | "every";
}

const plain = (sql: string): Filter => ({ sql: () => sql });

/** What the query requires of every image, in whichever way it is listed. The owner is part of the way. */
export function filtersOf(query: ListQuery, order: ListOrder, bind: Bind): Filter[] {
  const filters: Filter[] = [
    { ...plain("images.deleted_at IS NULL"), indexed: "every" },
    { ...plain(`images.os_hidden = ${query.osHidden ? 1 : 0}`), indexed: "every" },
  ];
  for (const condition of query.conditions)
    if (condition.column !== "owner")
      filters.push(...conditionFilters(condition, bind, isTheMarkers(condition, query, order) ? "+" : ""));
  // No index holds the status together with the sort columns, so the image's row is read last, and only if everything
  // else matches.
  const status = "images.status NOT IN ('killed', 'pending_delete')";
  const others = carried(query, bind);
  filters.push(
    plain(others.length === 0 ? status : `CASE WHEN ${others.join(" AND ")} THEN ${status} ELSE 0 END`),
  );
  return filters;
}

/** This many tags and properties are looked up one by one; longer lists, which are rare, all at once and slowly. */
const ONE_BY_ONE = 8;

/**
 * Tags and properties, through their own indexes, which keep the rows of one value together. A subquery without a row
 * is null. EXISTS could be turned into a join, and then lead the plan.
 */
function carried({ tags, properties }: ListQuery, bind: Bind): string[] {
  const ofImage = "t.image_created_at = images.created_at AND t.image_id = images.id";
  const terms = [
    ...tags
      .slice(0, ONE_BY_ONE)
      .map(
        (tag) =>
          `(SELECT 1 FROM image_tags t INDEXED BY image_tags_by_value WHERE t.value = ${bind(tag)} AND ${ofImage})`,
      ),
    ...properties.slice(0, ONE_BY_ONE).map(
      ({ name, value }) =>
        `(SELECT 1 FROM image_properties t INDEXED BY image_properties_by_value
          WHERE t.name = ${bind(name)} AND ${hasValue(bind(value))} AND ${ofImage})`,
    ),
  ];
  if (tags.length > ONE_BY_ONE)
    terms.push(`NOT EXISTS (SELECT 1 FROM json_each(${bind(JSON.stringify(tags))}) wanted
      WHERE NOT EXISTS (SELECT 1 FROM image_tags t WHERE t.image_id = images.id AND t.value = wanted.value))`);
  if (properties.length > ONE_BY_ONE)
    terms.push(`NOT EXISTS (SELECT 1 FROM json_each(${bind(JSON.stringify(properties))}) wanted
      WHERE NOT EXISTS (SELECT 1 FROM image_properties p WHERE p.image_id = images.id
        AND p.name = wanted.value ->> 'name' AND p.value = wanted.value ->> 'value'))`);
  return terms;
}

/**
 * True if the property `t` has this value. The index holds the beginning of a value; for a shorter value that is all,
 * and the row need not be read.
 */
export const hasValue = (value: string): string =>
  `substr(t.value, 1, 64) = substr(${value}, 1, 64) AND (length(${value}) < 64 OR t.value = ${value})`;

/**
 * An index seeks by one bound on each side, and the marker's is the closer one, so the condition is disabled for the
 * index with a `+`.
 */
function isTheMarkers(condition: Condition, { marker }: ListQuery, { terms: [first] }: ListOrder): boolean {
  const side = first?.direction === "asc" ? "g" : "l";
  return marker !== undefined && indexedKey(condition) === first?.key && condition.operator.startsWith(side);
}

export const boundValue = ({ value }: Condition, bind: Bind): string =>
  bind(typeof value === "object" ? JSON.stringify(value) : value);

function conditionFilters(condition: Condition, bind: Bind, plus: string): Filter[] {
  const { column, operator } = condition;
  const bound = boundValue(condition, bind);
  const compared = OPERATOR_SQL[operator];
  const key = indexedKey(condition);
  if (column === "created_second" || column === "updated_second") {
    const time = column === "created_second" ? "created_at" : "updated_at";
    const indexed = key ? { indexed: key } : {};
    return operator === "neq"
      ? [plain(`images.${time} / 1000000 <> ${bound}`)]
      : [
          { sql: (columns) => `${columns(time)} >= ${bound} * 1000000`, ...indexed },
          { sql: (columns) => `${columns(time)} < (${bound} + 1) * 1000000`, ...indexed },
        ];
  }
  if (key === undefined) return [plain(compared(`images.${column}`, bound))];
  const filter: Filter = { sql: (columns) => compared(plus + columns(key), bound), indexed: key };
  // A size of -1 stands for null, which matches no comparison with a number.
  return key === "size" ? [filter, plain("images.size IS NOT NULL")] : [filter];
}
