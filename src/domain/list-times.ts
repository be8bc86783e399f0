import { ServiceError } from "./errors.ts";
import type { Condition } from "./list-query.ts";

type TimeColumn = "created_at" | "updated_at";

const OPERATORS = ["gt", "gte", "lt", "lte", "eq", "neq"] as const;

const ISO_8601 =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * A time, optionally preceded by a comparison; the default is `eq`. Equality compares whole seconds, as the API shows
 * times; the other comparisons use the stored microseconds (spec/images.md section 4.4).
 */
export function timeCondition(column: TimeColumn, given: string): Condition {
  const bare = microseconds(given);
  if (bare !== undefined) return comparison(column, "eq", bare);
  const colon = given.indexOf(":");
  const operator = OPERATORS.find((known) => known === given.slice(0, Math.max(colon, 0)));
  const time = microseconds(given.slice(colon + 1));
  if (!operator || time === undefined)
    throw new ServiceError("invalid", `Bad "${column}" query filter format. Use ISO 8601 DateTime notation.`);
  return comparison(column, operator, time);
}

function comparison(column: TimeColumn, operator: (typeof OPERATORS)[number], time: number): Condition {
  if (operator !== "eq" && operator !== "neq") return { column, operator, value: time };
  const second = column === "created_at" ? "created_second" : "updated_second";
  return { column: second, operator, value: Math.floor(time / 1_000_000) };
}

/** Microseconds since the epoch, or undefined if the text is not a time. Without a zone it is UTC. */
function microseconds(text: string): number | undefined {
  const found = ISO_8601.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = found;
  const midnight = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  const dayExists = !Number.isNaN(midnight) && new Date(midnight).getUTCDate() === Number(day);
  if (!dayExists || hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const local = midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return (local - offsetMinutes(zone) * 60_000) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

function offsetMinutes(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith("-") ? -minutes : minutes;
}
