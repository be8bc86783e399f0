import { printable } from "./printable.ts";
import { pythonText } from "./python.ts";

/** Values alone, for a shell: one line per field, sorted by name or in the order asked for. */
export const valueRecord = (record: Readonly<Record<string, unknown>>): string =>
  Object.values(record)
    .map((value) => `${printable(pythonText(value))}\n`)
    .join("");

/** One line per thing, its values separated by a blank. */
export const valueLine = (values: readonly unknown[]): string =>
  `${values.map((value) => printable(pythonText(value))).join(" ")}\n`;
