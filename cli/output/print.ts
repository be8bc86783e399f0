import type { NameIn } from "@glimpse/client/calls.ts";
import type { Context } from "../context.ts";
import { reason } from "../data-source.ts";
import { CommandError, ReaderGone, usageError } from "../errors.ts";
import { jsonList, jsonRecord } from "./json.ts";
import { DEFAULT_COLUMN_WIDTH, listTable, recordTable } from "./table.ts";
import { valueLine, valueRecord } from "./value.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A column of a list: its heading, and the API's name of the field below it. */
export interface Column {
  readonly heading: string;
  readonly field: string;
}

/** A column whose field exists in the API's description. */
export type ColumnOf<T> = Column & { readonly field: NameIn<T> };

/** Prints one thing in the chosen format. Tables show `shown`; JSON shows what the API returned. */
export async function printRecord(
  ctx: Context,
  record: Fields,
  opts: { shown?: Fields; columnWidth?: number } = {},
): Promise<void> {
  const chosen = chosenFields(ctx, record);
  if (ctx.format === "json") return print(ctx, jsonRecord(chosen ?? record));
  const shown = chosen ?? opts.shown ?? record;
  if (ctx.format === "value") return print(ctx, valueRecord(chosen ?? sorted(shown)));
  return print(ctx, recordTable(shown, opts.columnWidth ?? DEFAULT_COLUMN_WIDTH));
}

/**
 * Prints several things as they arrive. A table is held back until its last row, because that decides its widths. With
 * `zeros`, cells show null and zero as they are.
 */
export async function printList(
  ctx: Context,
  columns: readonly Column[],
  records: AsyncIterable<Fields> | Iterable<Fields>,
  opts: { zeros?: boolean } = {},
): Promise<void> {
  const chosen = ctx.columns.map(columnNamed(columns));
  const shown = chosen.length > 0 ? chosen : columns;
  const listed = havingEach(
    chosen.filter((column) => !columns.includes(column)),
    records,
  );
  const valuesOf = (record: Fields) => shown.map(({ field }) => record[fieldIn(record, field)]);
  if (ctx.format === "json") {
    for await (const text of jsonList(listed, (record) => fieldsOf(record, chosen))) await print(ctx, text);
    return;
  }
  if (ctx.format === "value") {
    for await (const record of listed) await print(ctx, valueLine(valuesOf(record)));
    return;
  }
  const rows: unknown[][] = [];
  for await (const record of listed) rows.push(valuesOf(record));
  await print(
    ctx,
    listTable(
      shown.map((c) => c.heading),
      rows,
      opts,
    ),
  );
}

/**
 * Writes to standard output at its reader's pace, and resolves when it is written. Rejects `ReaderGone` when there is
 * no reader, and `CommandError` when output was lost.
 */
export async function print(
  to: Pick<Context, "stdout" | "signal">,
  text: string | Uint8Array,
): Promise<void> {
  const { stdout, signal } = to;
  signal.throwIfAborted();
  let interrupted = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      interrupted = () => reject(signal.reason);
      signal.addEventListener("abort", interrupted);
      stdout.write(text, (error) => (error ? reject(notWritten(stdout.errored ?? error)) : resolve()));
    });
  } finally {
    signal.removeEventListener("abort", interrupted);
  }
}

function notWritten(cause: NodeJS.ErrnoException): Error {
  if (cause.code === "EPIPE") return new ReaderGone("standard output is closed", { cause });
  return new CommandError(
    `Standard output cannot be written: ${reason(cause)}.`,
    "What was done is done, and the answer is lost: see that there is space where it goes.",
    { cause },
  );
}

const sorted = (record: Fields): Fields =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

const columnNamed =
  (columns: readonly Column[]) =>
  (name: string): Column =>
    columns.find((c) => c.heading.toLowerCase() === name.toLowerCase()) ?? { heading: name, field: name };

/** Fields can be named as the API names them, or as the headings are written. */
const fieldIn = (record: Fields, name: string): string =>
  Object.hasOwn(record, name) ? name : name.toLowerCase();

/**
 * The records as they arrive, held back until each chosen column has occurred in one of them: images have different
 * properties. Rejects wrong usage for a column that none has, before anything is shown.
 */
async function* havingEach(
  columns: readonly Column[],
  records: AsyncIterable<Fields> | Iterable<Fields>,
): AsyncIterable<Fields> {
  let unseen = columns;
  let held: Fields[] = [];
  for await (const record of records) {
    unseen = unseen.filter(({ field }) => !Object.hasOwn(record, fieldIn(record, field)));
    held.push(record);
    if (unseen.length > 0) continue;
    yield* held;
    held = [];
  }
  const [missing] = unseen;
  const [example] = held;
  if (missing && example) throw noSuch("column", missing.heading, example);
}

/** The chosen columns that the record has; all fields when none is chosen. */
function fieldsOf(record: Fields, chosen: readonly Column[]): Fields {
  if (chosen.length === 0) return record;
  const names = chosen
    .map(({ field }) => fieldIn(record, field))
    .filter((name) => Object.hasOwn(record, name));
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}

function chosenFields(ctx: Context, record: Fields): Fields | undefined {
  if (ctx.columns.length === 0) return undefined;
  const chosen = ctx.columns.map((name) => {
    const field = fieldIn(record, name);
    if (!Object.hasOwn(record, field)) throw noSuch("field", name, record);
    return [field, record[field]];
  });
  return Object.fromEntries(chosen);
}

const noSuch = (what: string, name: string, record: Fields) =>
  usageError(`There is no ${what} ${name}.`, `There are ${Object.keys(record).sort().join(", ")}.`);
