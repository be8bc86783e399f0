import { ServiceError } from "./errors.ts";
import type { Condition } from "./list-query.ts";

/**
 * `value`, `eq:value` or `in:a,b,"c,d"`. A value with a colon needs an operator: whatever precedes the first colon is
 * read as one (spec/images.md section 4.4).
 */
export function stringCondition(column: Condition["column"], given: string): Condition {
  const colon = given.indexOf(":");
  if (colon < 0) return { column, operator: "eq", value: given };
  const operator = given.slice(0, colon);
  const value = given.slice(colon + 1);
  if (operator === "eq") return { column, operator, value };
  if (operator === "in") return { column, operator, value: listed(value) };
  throw new ServiceError("invalid", `Unable to filter on ${column} with operator ${operator}.`);
}

/**
 * The items between commas. One in double quotes may contain commas, and quotes as `\"`. Blanks belong to their item.
 */
function listed(text: string): string[] {
  const items: string[] = [];
  const item = /"((?:[^"\\]|\\.)*)"|([^",]*)/sy;
  let at = 0;
  while (at < text.length) {
    item.lastIndex = at;
    const found = item.exec(text);
    const end = at + (found?.[0].length ?? 0);
    if (!found || (end < text.length && text[end] !== ","))
      throw new ServiceError(
        "invalid",
        `Invalid filter value ${text}: a quote is not closed or stands alone.`,
      );
    items.push(found[1]?.replaceAll('\\"', '"') ?? found[2] ?? "");
    at = end + 1;
  }
  return items;
}
