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

/** Several statements are one transaction, like a batch of D1. */
export function runQueries(storage: DurableObjectStorage, queries: readonly Query[]): QueryResult[] {
  const run = () => queries.map((query) => runQuery(storage.sql, query));
  return queries.length === 1 ? run() : storage.transactionSync(run);
}

function runQuery(sql: SqlStorage, { sql: text, values }: Query): QueryResult {
  const before = counted(sql).changes;
  const cursor = sql.exec(text, ...values);
  const rows = [...cursor.raw()];
  const { columnNames: columns, rowsRead, rowsWritten } = cursor;
  const after = rowsWritten === 0 ? { changes: before, lastRowId: 0 } : counted(sql);
  return {
    columns,
    rows,
    rowsRead,
    rowsWritten,
    changes: after.changes - before,
    lastRowId: after.lastRowId,
  };
}

const counted = (sql: SqlStorage) =>
  sql
    .exec<{ changes: number; lastRowId: number }>(
      "SELECT total_changes() AS changes, last_insert_rowid() AS lastRowId",
    )
    .one();
