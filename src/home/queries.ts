/** A statement and its bound values, as sent to the tables. */
export interface Query {
  readonly sql: string;
  readonly values: readonly SqlStorageValue[];
}

/** The result; `changes` counts as D1 does, including changes by triggers. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlStorageValue[])[];
  readonly changes: number;
  readonly lastRowId: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** Runs statements on an object's tables, which nobody else does through the same connection. */
export class Queries {
  readonly #storage: DurableObjectStorage;
  /** How many rows the connection has changed so far, where that is known: asking for it takes a statement of its own. */
  #changed: number | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Several statements are one transaction, like a batch of D1. */
  run(queries: readonly Query[]): QueryResult[] {
    const run = () => queries.map((query) => this.#run(query));
    try {
      return queries.length === 1 ? run() : this.#storage.transactionSync(run);
    } catch (error) {
      // Some of what failed has changed rows.
      this.#changed = undefined;
      throw error;
    }
  }

  #run({ sql, values }: Query): QueryResult {
    const before = this.#changed ?? this.#counted().changed;
    const cursor = this.#storage.sql.exec(sql, ...values);
    const rows = [...cursor.raw()];
    const { columnNames: columns, rowsRead, rowsWritten } = cursor;
    const after = rowsWritten === 0 ? { changed: before, lastRowId: 0 } : this.#counted();
    this.#changed = after.changed;
    const { lastRowId } = after;
    return { columns, rows, rowsRead, rowsWritten, changes: after.changed - before, lastRowId };
  }

  #counted(): { changed: number; lastRowId: number } {
    const counted = "SELECT total_changes() AS changed, last_insert_rowid() AS lastRowId";
    return this.#storage.sql.exec<{ changed: number; lastRowId: number }>(counted).one();
  }
}
