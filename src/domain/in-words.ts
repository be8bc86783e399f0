import type { z } from "zod";

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  map: "an object",
};

/** The unit for each kind of value; numbers have none. */
const UNITS: Readonly<Record<string, string>> = { string: "characters", array: "entries" };

/**
 * What is wrong with a value according to a schema, as the end of a sentence that begins with the value's name. For
 * schemas without a message of their own: zod's messages are for programmers.
 */
export function inWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `is not ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `is not ${String(issue.values[0])}`
        : `is not one of ${issue.values.join(", ")}`;
    case "too_small":
      return issue.origin === "string" && issue.minimum === 1
        ? "is empty"
        : measured(issue.origin, "at least", issue.minimum);
    case "too_big":
      return measured(issue.origin, "at most", issue.maximum);
    case "invalid_union":
      // Only if one attribute decides between several shapes.
      return Array.isArray(issue.options) ? `is not one of ${issue.options.join(", ")}` : undefined;
    case "invalid_format":
      return issue.format === "regex"
        ? "has not the form that it must have"
        : `is not a valid ${issue.format}`;
    case "unrecognized_keys":
      return `knows no ${issue.keys.join(", ")}`;
    default:
      return undefined;
  }
}

function measured(origin: string, bound: string, count: number | bigint): string {
  const unit = UNITS[origin];
  return unit ? `must have ${bound} ${count} ${unit}` : `must be ${bound} ${count}`;
}
