import type { SortKey } from "../domain/list-query.ts";
import {
  isWalked,
  type ListOrder,
  type Marker,
  OF_IMAGES,
  type SortColumns,
  sortColumns,
} from "./list-order.ts";
import { firstOf, type ListParts, MOST_SELECTIVE, tableOf, type Walk, walk } from "./list-walks.ts";

/**
 * The first images in an order that no index gives as a whole, of which many may be equal in the first key. A page begins
 * within the marker's group of equal images, goes on with groups that it has whole, and ends within another. The first and
 * the last are lists of their own, with the first key as a condition and the other keys as their order.
 */
export function inOrder(parts: ListParts, walked: Walk, limit: string): string {
  const { order, marker, inGroups } = parts;
  const [first, ...terms] = order.terms;
  if (!first || isWalked(order) || !inGroups) return walk(parts, walked, limit);
  const value = `${first.key}_`;
  const rest = { ...order, terms };
  const ofGroup = (equal: string, from?: Marker): string => {
    const isEqual = { sql: (columns: SortColumns) => `${columns(first.key)} = ${equal}`, indexed: first.key };
    const ofRest = { ...parts, order: rest, filters: [isEqual, ...parts.filters], marker: from };
    const rows = walk(ofRest, walkOfGroup(first.key, rest, walked), limit);
    return `SELECT row_, ${equal} AS ${value}, ${terms.map(({ key }) => `${key}_`).join(", ")} FROM (${rows})`;
  };
  // In the order of the first key alone: of the last group these are any images, which tell what group it is.
  const beyond = tableOf(
    "beyond",
    walk({ ...parts, order: { ...order, terms: [first] } }, walked, limit),
    parts,
  );
  const last = `(SELECT ${value} FROM ${tableOf(
    "last",
    `SELECT ${value} FROM ${beyond} ORDER BY ${value} ${first.direction} LIMIT 1 OFFSET ${limit} - 1`,
    parts,
  )})`;
  const whole = `SELECT row_, ${sortColumns(order, OF_IMAGES)} FROM ${beyond}
    CROSS JOIN images ON images.rowid = row_ WHERE ${value} IS NOT ${last}`;
  const own = marker ? [ofGroup(marker.first(order), marker)] : [];
  return firstOf([...own, whole, ofGroup(last)], parts, limit);
}

/** What nearly no two images have in common. */
const isTime = (key: SortKey): boolean => key === "updated_at" || key === "created_at";

/** By the group's own index if that gives the order; else few that meet the more selective of two conditions are sorted. */
function walkOfGroup(group: SortKey, order: ListOrder, { selective }: Walk): Walk {
  const key = order.terms[0]?.key ?? "id";
  const more = MOST_SELECTIVE.find((each) => each === selective || each === group) ?? group;
  const found = isTime(group) ? group : more;
  if (found === group && key === "created_at" && isWalked(order)) return { key: group };
  return found === key ? { key } : { key, selective: found };
}
