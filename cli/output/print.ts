import type { Context } from "../context.ts";
import { reason } from "../data-source.ts";
import { CommandError, ReaderGone, usageError } from "../errors.ts";
import { jsonList, jsonRecord } from "./json.ts";
import { DEFAULT_COLUMN_WIDTH, listTable, recordTable } from "./table.ts";
import { valueLine, valueRecord } from "./value.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A column of a list: its heading, and the API's name of what stands below it. */
export interface Column {
  readonly heading: string;
  readonly field: string;
}

/** One thing, as the format asks. `shown` is what a table has of it; JSON is what the API said. */
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
 * Several things, as they come; a table is held until its last row says how wide it is. With `zeros` its cells have
 * what is null or zero as it is.
 */
export async function printList(
  ctx: Context,
  columns: readonly Column[],
  records: AsyncIterable<Fields> | Iterable<Fields>,
  opts: { zeros?: boolean } = {},
): Promise<void> {
  if (ctx.format === "json") {
    for await (const text of jsonList(records, (record) => chosenFields(ctx, record) ?? record))
      await print(ctx, text);
    return;
  }
  const shown = ctx.columns.length > 0 ? ctx.columns.map(columnNamed(columns)) : columns;
  if (ctx.format === "value") {
    for await (const record of records) await print(ctx, valueLine(shown.map((c) => record[c.field])));
    return;
  }
  const rows: unknown[][] = [];
  for await (const record of records) rows.push(shown.map((c) => record[c.field]));
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
 * Writes to standard output at the pace of its reader, and knows afterwards that it is written. Rejects `ReaderGone` when
 * there is no reader, and `CommandError` when what was written is lost.
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

function chosenFields(ctx: Context, record: Fields): Fields | undefined {
  if (ctx.columns.length === 0) return undefined;
  const chosen = ctx.columns.map((name) => {
    const field = Object.hasOwn(record, name) ? name : name.toLowerCase();
    if (!Object.hasOwn(record, field))
      throw usageError(`There is no field "${name}".`, `There are ${Object.keys(record).sort().join(", ")}.`);
    return [field, record[field]];
  });
  return Object.fromEntries(chosen);
}
