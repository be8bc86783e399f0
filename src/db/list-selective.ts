import type { ListQuery, SortKey } from "../domain/list-query.ts";
import { byLead } from "./list-by-lead.ts";
import { indexedKey } from "./list-filters.ts";
import { inOrder } from "./list-groups.ts";
import { leadsOf } from "./list-leads.ts";
import { type Bind, isWalked } from "./list-order.ts";
import {
  firstOf,
  imageOf,
  isListed,
  type ListParts,
  MOST_SELECTIVE,
  selectRows,
  type Walk,
} from "./list-walks.ts";

/** The rows of the page, by the cheapest way for this query. */
export function pageSql(query: ListQuery, parts: ListParts, bind: Bind): string {
  const ids = query.conditions.find(({ column }) => column === "id")?.value;
  // SQLite has no plan for an index that a condition which is never true makes needless.
  if (parts.ways.length === 0) return firstOf([selectRows(parts, "images", ["0"])], parts, parts.limit);
  if (ids !== undefined) return byIds(parts, bind(JSON.stringify([ids].flat())));
  const walked = walkOf(query, parts);
  const leads = leadsOf(query, bind);
  if (leads.length > 0) return byLead(leads, parts, walked);
  return inOrder(parts, walked, parts.limit);
}

function byIds(parts: ListParts, ids: string): string {
  const from = `(SELECT DISTINCT value FROM json_each(${ids})) wanted CROSS JOIN ${imageOf("wanted.value")}`;
  return firstOf([selectRows(parts, from, [isListed(parts)])], parts, parts.limit);
}

/** The key whose index is walked: one that a condition fixes to a single value, or the first key of the order. */
function keyToWalk({ conditions }: ListQuery, { order }: ListParts): SortKey {
  const [first] = order.terms;
  const single = MOST_SELECTIVE.find((key) =>
    conditions.some(({ column, operator }) => column === key && operator === "eq"),
  );
  const key = first?.key ?? "created_at";
  return single && key === "created_at" && isWalked(order) ? single : key;
}

/** How the images are walked, and which condition each way looks up first if it leaves few of them. */
function walkOf(query: ListQuery, parts: ListParts): Walk {
  const key = keyToWalk(query, parts);
  const selective = MOST_SELECTIVE.find((each) => query.conditions.some((one) => indexedKey(one) === each));
  return selective === undefined || selective === key ? { key } : { key, selective };
}
