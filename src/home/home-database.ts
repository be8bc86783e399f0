import type { Query, QueryResult } from "./queries.ts";

/** Runs statements where the tables are; several are one transaction. */
export type RunQueries = (queries: readonly Query[]) => Promise<readonly QueryResult[]>;

/** The part of D1's interface that is used, with the tables in another place. */
export class HomeDatabase implements Pick<D1Database, "prepare" | "batch"> {
  readonly #run: RunQueries;

  constructor(run: RunQueries) {
    this.#run = run;
  }

  prepare(sql: string): D1PreparedStatement {
    return new HomeStatement(this.#run, { sql, values: [] }) as unknown as D1PreparedStatement;
  }

  async batch<T>(statements: D1PreparedStatement[]): Promise<D1Result<T>[]> {
    if (statements.length === 0) return [];
    const queries = (statements as unknown as HomeStatement[]).map(({ query }) => query);
    return (await asked(this.#run, queries)).map(resultOf<T>);
  }
}

class HomeStatement {
  readonly #run: RunQueries;
  readonly query: Query;

  constructor(run: RunQueries, query: Query) {
    this.#run = run;
    this.query = query;
  }

  bind(...values: unknown[]): HomeStatement {
    return new HomeStatement(this.#run, { sql: this.query.sql, values: values.map(bindable) });
  }

  async first<T>(column?: string): Promise<T | null> {
    const { columns, rows } = await this.#asked();
    const row = rows[0] && objectOf(columns, rows[0]);
    if (!row) return null;
    return (column === undefined ? row : row[column]) as T;
  }

  async all<T>(): Promise<D1Result<T>> {
    return resultOf(await this.#asked());
  }

  run<T>(): Promise<D1Result<T>> {
    return this.all();
  }

  async raw(options?: { columnNames?: boolean }): Promise<unknown[]> {
    const { columns, rows } = await this.#asked();
    return options?.columnNames ? [columns, ...rows] : [...rows];
  }

  async #asked(): Promise<QueryResult> {
    const [result] = await asked(this.#run, [this.query]);
    return result as QueryResult;
  }
}

/** Errors are reported as D1 reports them (http/refusal.ts). */
async function asked(run: RunQueries, queries: readonly Query[]): Promise<readonly QueryResult[]> {
  try {
    return await run(queries);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`D1_ERROR: ${message}`, { cause });
  }
}

function bindable(value: unknown): SqlStorageValue {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof ArrayBuffer) return value;
  throw new TypeError(`D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${value}'`);
}

function objectOf(columns: readonly string[], row: readonly SqlStorageValue[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [at, name] of columns.entries()) object[name] = row[at];
  return object;
}

function resultOf<T>({ columns, rows, changes, lastRowId, rowsRead, rowsWritten }: QueryResult): D1Result<T> {
  return {
    success: true,
    results: rows.map((row) => objectOf(columns, row) as T),
    meta: {
      changes,
      last_row_id: lastRowId,
      rows_read: rowsRead,
      rows_written: rowsWritten,
      changed_db: changes > 0,
      duration: 0,
      size_after: 0,
    },
  };
}
