import type { ListQuery, SortKey, SortTerm } from "../domain/list-query.ts";

/**
 * A column for every sort key that is never null, so that one comparison can page over all rows: null sorts lowest
 * (spec/images.md section 4.2, db/schema.ts).
 */
const COLUMN: Record<SortKey, string> = {
  name: "name_order",
  created_at: "created_at",
  id: "id",
  status: "status",
  container_format: "container_format_order",
  disk_format: "disk_format_order",
  size: "size_order",
  updated_at: "updated_at",
};

const sortColumn = (key: SortKey, table = "images"): string => `${table}.${COLUMN[key]}`;

/** Gives the expressions for the sort columns in the index that a way of being listed walks. */
export type SortColumns = (key: SortKey) => string;

export const OF_IMAGES: SortColumns = (key) => sortColumn(key);

/** The order of a list as the database walks it. */
export interface ListOrder {
  readonly terms: readonly SortTerm[];
  /** The first sort key, if a filter allows only one value of it: then the remaining keys are the order. */
  readonly fixed?: SortTerm & { readonly value: string | number };
}

export function orderOf({ sort, conditions }: ListQuery): ListOrder {
  const [first, ...rest] = sort.slice(0, sort.findIndex(({ key }) => key === "id") + 1);
  const only = conditions.find(({ column, operator }) => column === first?.key && operator === "eq");
  if (first && rest.length > 0 && only && typeof only.value !== "object")
    return { terms: rest, fixed: { ...first, value: only.value } };
  return { terms: first ? [first, ...rest] : [] };
}

/** The columns by which an index of this key is sorted (db/schema.ts). */
const indexedBy = (key: SortKey): SortKey[] => {
  const ties: SortKey[] = ["created_at", "id"];
  const at = ties.indexOf(key);
  return at < 0 ? [key, ...ties] : ties.slice(at);
};

/** How many terms, from the first on, an index of the first key walks in the requested direction. */
function walkedTerms(terms: readonly SortTerm[]): number {
  const [first] = terms;
  if (!first) return 0;
  const keys = indexedBy(first.key);
  const until = terms.findIndex(
    ({ key, direction }, at) => key !== keys[at] || direction !== first.direction,
  );
  return until < 0 ? terms.length : until;
}

/** Whether an index of the first key gives the whole order. */
export const isWalked = ({ terms }: ListOrder): boolean => walkedTerms(terms) === terms.length;

const BEYOND = { asc: ">", desc: "<" } as const;

/** Before and after everything that a column can hold: numbers come before text, and text before blobs. */
const ENDS = { asc: "-9223372036854775808", desc: "x''" } as const;

/** Binds a value to the statement and returns its parameter's name. */
export type Bind = (value: string | number | null) => string;

/** The last image already seen, whose values bound what a page has. */
export interface Marker {
  /**
   * True for the images after it. The terms that an index walks form one comparison of rows, by which it seeks. The
   * others follow as nested terms: beyond the marker in one key, or equal to it and beyond it in the next.
   */
  readonly isBefore: (order: ListOrder, columns: SortColumns) => string[];
  /** Its value of the order's first key. */
  readonly first: (order: ListOrder) => string;
}

/** The marker of the query, in this order and in any part of it. */
export function markerOf({ fixed }: ListOrder, marker: string | undefined, bind: Bind): Marker | undefined {
  if (marker === undefined) return undefined;
  const id = bind(marker);
  const fixedValue = fixed ? bind(fixed.value) : "";
  const value = (order: ListOrder, at: number) => markersValue(order, at, fixedValue);
  const ofMarker = (wanted: readonly string[]) =>
    `(SELECT ${wanted.join(", ")} FROM images m WHERE m.id = ${id})`;
  return {
    first: (order) => ofMarker([value(order, 0)]),
    isBefore: (order, columns) => {
      const { terms } = order;
      const [first] = terms;
      if (!first) return [];
      const values = terms.map((_, at) => value(order, at));
      const own = terms.map(({ key }) => columns(key));
      const row = (list: readonly string[]) => (list.length === 1 ? list[0] : `(${list.join(", ")})`);
      const walked = walkedTerms(terms);
      const whole = walked === terms.length;
      const seek = `${row(own.slice(0, walked))} ${BEYOND[first.direction]}${whole ? "" : "="} ${ofMarker(values.slice(0, walked))}`;
      if (whole) return [seek];
      const nested = terms.reduceRight<string>((rest, { direction }, at) => {
        const further = `${own[at]} ${BEYOND[direction]} ${ofMarker(values.slice(at, at + 1))}`;
        return rest === ""
          ? further
          : `(${further} OR (${own[at]} = ${ofMarker(values.slice(at, at + 1))} AND ${rest}))`;
      }, "");
      return [seek, nested];
    },
  };
}

/**
 * The marker's value for the term. The `+` removes its type, so that it is compared as it is stored and an index can
 * seek by several of them. If the marker has another value of the fixed key, it comes before all images of the list or
 * after all of them; in the second case the value is null, which no image is beyond.
 */
function markersValue({ terms, fixed }: ListOrder, at: number, fixedValue: string): string {
  const value = `+${sortColumn(terms[at]?.key ?? "id", "m")}`;
  if (!fixed) return value;
  const own = sortColumn(fixed.key, "m");
  const before =
    at === 0
      ? `WHEN ${fixedValue} ${BEYOND[fixed.direction]} ${own} THEN ${ENDS[terms[0]?.direction ?? "asc"]}`
      : "";
  return `CASE WHEN ${own} = ${fixedValue} THEN ${value} ${before} END`;
}

/** The columns, and their order, by which the walks of a list are merged. */
export const sortedBy = ({ terms }: ListOrder): string =>
  terms.map(({ key, direction }) => `${key}_ ${direction}`).join(", ");

export const sortColumns = ({ terms }: ListOrder, columns: SortColumns): string =>
  terms.map(({ key }) => `${columns(key)} AS ${key}_`).join(", ");
