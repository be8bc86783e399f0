import type { Condition, ListQuery } from "../domain/list-query.ts";
import { boundValue, hasValue, OPERATOR_SQL } from "./list-filters.ts";
import { type Bind, OF_IMAGES, type SortColumns } from "./list-order.ts";

/** An index that leads to the images that have a requested tag, property or attribute. Its rows are `t`. */
export interface Lead {
  readonly rows: string;
  /** The id of the row's image. */
  readonly imageId: string;
  /** The sort columns: the index holds the image's id and time. */
  readonly columns: SortColumns;
  /** The requested items, as rows of name and value. Any one of them can lead. */
  readonly asked: string;
  /** True for the rows `t` of one item, `wanted`, which has the columns name and value. */
  readonly is: (wanted: (column: "name" | "value") => string) => string;
  /** Whether the rows of one item are in the API's default order. */
  readonly inOrder: boolean;
}

/** A table of what images carry, and the index that keeps the rows of one value together. */
const OF_TABLE = {
  imageId: "t.image_id",
  columns: (key) => (key === "created_at" || key === "id" ? `t.image_${key}` : OF_IMAGES(key)),
  inOrder: true,
} satisfies Partial<Lead>;

const byTag = (tags: string): Lead => ({
  ...OF_TABLE,
  rows: "image_tags t INDEXED BY image_tags_by_value",
  asked: `SELECT NULL AS name, value FROM json_each(${tags})`,
  is: (wanted) => `t.value = ${wanted("value")}`,
});

const byProperty = (properties: string): Lead => ({
  ...OF_TABLE,
  rows: "image_properties t INDEXED BY image_properties_by_value",
  asked: `SELECT value ->> 'name' AS name, value ->> 'value' AS value FROM json_each(${properties})`,
  is: (wanted) => `t.name = ${wanted("name")} AND ${hasValue(wanted("value"))}`,
});

/** An attribute that no list is sorted by, with an index of the images in which it stands out (db/schema.ts). */
interface Attribute {
  readonly column: Condition["column"];
  /** The condition of the partial index, unless any comparison with a value implies it. */
  readonly has?: string;
  /** Whether only images in the index can meet the condition; by default, yes. */
  readonly leads?: (condition: Condition) => boolean;
  /** The part of a value that the index holds; by default, all of it. */
  readonly indexed?: (value: string) => string;
}

const isAboveZero = ({ operator, value }: Condition): boolean => operator !== "lte" && Number(value) > 0;

/** Probably the most selective ones first. The filters compare what the index does not hold of a digest. */
const ATTRIBUTES: readonly Attribute[] = [
  {
    column: "os_hash_value",
    has: "t.os_hash_value IS NOT NULL",
    indexed: (value) => `substr(${value}, 1, 32)`,
  },
  { column: "checksum" },
  { column: "virtual_size" },
  { column: "protected", has: "t.protected = 1", leads: isAboveZero },
  { column: "min_ram", has: "t.min_ram <> 0", leads: isAboveZero },
  { column: "min_disk", has: "t.min_disk <> 0", leads: isAboveZero },
];

/** Together with tags and properties, as many as D1 merges in one statement. */
const MOST_ATTRIBUTES = 3;

function byAttribute(
  { column, has, indexed = (value) => value }: Attribute,
  conditions: readonly Condition[],
  bind: Bind,
): Lead {
  const terms = conditions.map((condition) =>
    OPERATOR_SQL[condition.operator](indexed(`t.${column}`), indexed(boundValue(condition, bind))),
  );
  return {
    rows: `images t INDEXED BY images_by_${column}`,
    imageId: "t.id",
    columns: (key) => (key === "created_at" || key === "id" ? `t.${key}` : OF_IMAGES(key)),
    asked: "SELECT NULL AS name, NULL AS value",
    is: () => ["t.deleted_at IS NULL", ...(has ? [has] : []), ...terms].join(" AND "),
    inOrder: conditions.some(({ operator }) => operator === "eq"),
  };
}

/** Everything that leads to the images of the list. What is in order comes first: it is walked if all lead to many. */
export function leadsOf({ tags, properties, conditions }: ListQuery, bind: Bind): Lead[] {
  const attributes = ATTRIBUTES.map((attribute) => ({
    attribute,
    asked: conditions.filter(({ column }) => column === attribute.column),
  })).filter(({ attribute: { leads = () => true }, asked }) => asked.some(leads));
  return [
    ...(tags.length > 0 ? [byTag(bind(JSON.stringify(tags)))] : []),
    ...(properties.length > 0 ? [byProperty(bind(JSON.stringify(properties)))] : []),
    ...attributes
      .slice(0, MOST_ATTRIBUTES)
      .map(({ attribute, asked }) => byAttribute(attribute, asked, bind))
      .sort((one, other) => Number(other.inOrder) - Number(one.inOrder)),
  ];
}
