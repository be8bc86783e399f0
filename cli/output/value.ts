import { printable } from "./printable.ts";
import { pythonText } from "./python.ts";

/** Values alone, for a shell: a line for each field, in the order of their names or as they were asked for. */
export const valueRecord = (record: Readonly<Record<string, unknown>>): string =>
  Object.values(record)
    .map((value) => `${printable(pythonText(value))}\n`)
    .join("");

/** A line for each thing, its values with a blank between them. */
export const valueLine = (values: readonly unknown[]): string =>
  `${values.map((value) => printable(pythonText(value))).join(" ")}\n`;
