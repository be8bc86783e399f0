import { ServiceError } from "./errors.ts";
import type { Condition } from "./list-query.ts";

const COLUMNS = ["size", "virtual_size", "min_disk", "min_ram"] as const;

/** A number column, or `<anything>_min` and `<anything>_max`: no property's name has these suffixes. */
export const isNumberFilter = (name: string): boolean =>
  COLUMNS.some((column) => column === name) || /_(min|max)$/.test(name);

/** The condition on a number column, or undefined if no number can meet it (spec/images.md section 4.3). */
export function numberCondition(name: string, value: string): Condition | undefined {
  const integer = /^[+-]?\d+$/.test(value) ? withinReach(Number(value)) : undefined;
  const exact = COLUMNS.find((column) => column === name);
  if (exact) return integer === undefined ? undefined : { column: exact, operator: "eq", value: integer };
  const column = COLUMNS.find((known) => known === name.slice(0, -4));
  if (!column) throw new ServiceError("invalid", `Images cannot be filtered by ${name}.`);
  if (integer === undefined)
    throw new ServiceError("invalid", `Invalid value for ${name}: ${value} is not an integer.`);
  return { column, operator: name.endsWith("_min") ? "gte" : "lte", value: integer };
}

/** No stored number is beyond these bounds, so comparisons give the same result; the database takes no infinity. */
const withinReach = (integer: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, integer));
