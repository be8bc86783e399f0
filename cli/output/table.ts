import CliTable from "cli-table3";
import { printable } from "./printable.ts";
import { pythonRepr, pythonText } from "./python.ts";
import { wrap } from "./wrap.ts";

export const DEFAULT_COLUMN_WIDTH = 80;

/** One thing as the stock client prints it: its fields sorted by name, in two columns. */
export function recordTable(
  record: Readonly<Record<string, unknown>>,
  columnWidth = DEFAULT_COLUMN_WIDTH,
): string {
  const rows = Object.entries(record)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, pythonText(value)].map((text) => printable(text, { lines: true })));
  // A column is as wide as its longest line would be unbroken, up to the limit.
  const widths = [0, 1].map((column) => {
    const lines = rows.flatMap((row) => (row[column] ?? "").split("\n"));
    return Math.min(columnWidth, Math.max(0, ...lines.map(displayWidth)));
  });
  return table(
    ["Property", "Value"],
    rows.map((row) => row.map((text) => wrapLines(text, columnWidth))),
    widths,
  );
}

/**
 * Several things as the stock client lists them: absent, empty and zero values leave their cell blank. With `zeros`,
 * the stock client's other kind of list, only absent ones do.
 */
export function listTable(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  { zeros = false }: { zeros?: boolean } = {},
): string {
  const text = (value: unknown) => {
    if (Array.isArray(value) || (zeros && typeof value === "object")) return pythonRepr(value);
    return value || value === false || (zeros && value === 0) ? pythonText(value) : "";
  };
  return table(
    columns,
    rows.map((row) => row.map((value) => printable(text(value), { lines: true }))),
  );
}

const wrapLines = (text: string, width: number): string =>
  text
    .split("\n")
    .flatMap((line) => (displayWidth(line) > width ? wrap(line, width) : [line]))
    .join("\n");

const NO_TOP = { top: "", "top-mid": "", "top-left": "", "top-right": "" };
const NO_BOTTOM = { bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" };
const TOP = { top: "-", "top-mid": "+", "top-left": "+", "top-right": "+" };
const BOTTOM = { bottom: "-", "bottom-mid": "+", "bottom-left": "+", "bottom-right": "+" };
const INNER = {
  mid: "-",
  "mid-mid": "+",
  "left-mid": "+",
  "right-mid": "+",
  left: "|",
  right: "|",
  middle: "|",
};
const STYLE = { head: [], border: [], "padding-left": 1, "padding-right": 1, compact: true };
const PADDING = STYLE["padding-left"] + STYLE["padding-right"];

/** cli-table3's time grows with the square of the rows, so a long table is drawn in blocks. */
const BLOCK_ROWS = 500;

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  atLeast: readonly number[] = [],
): string {
  const colWidths = head.map((name, column) =>
    rows.reduce(
      (most, row) => Math.max(most, displayWidth(row[column] ?? "") + PADDING),
      Math.max(displayWidth(name), atLeast[column] ?? 0) + PADDING,
    ),
  );
  let drawn = "";
  for (let at = 0; at === 0 || at < rows.length; at += BLOCK_ROWS) {
    const isLast = at + BLOCK_ROWS >= rows.length;
    const grid = new CliTable({
      head: at === 0 ? [...head] : [],
      chars: { ...INNER, ...(at === 0 ? TOP : NO_TOP), ...(isLast ? BOTTOM : NO_BOTTOM) },
      style: STYLE,
      colWidths,
    });
    for (const row of rows.slice(at, at + BLOCK_ROWS)) grid.push([...row]);
    drawn += `${grid.toString()}\n`;
  }
  // The library leaves a table without rows open at the bottom; its first line is also its last.
  return rows.length > 0 ? drawn : `${drawn}${drawn.slice(0, drawn.indexOf("\n") + 1)}`;
}

/** The terminal columns that a text takes, as the table library counts them: some characters take two. */
function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const cell = new CliTable({ style: { ...STYLE, "padding-left": 0, "padding-right": 0 } });
  cell.push([text]);
  return cell.width - 2;
}
