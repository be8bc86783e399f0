import { type NewTask, TASK_SECONDS, type Task, type TaskStatus } from "../domain/task.ts";
import { IMAGE_TASKS } from "../limits.ts";
import type { Guarded } from "./guarded.ts";

/** The end of a task, written with the transition that ends it. */
export interface TaskEnd {
  readonly id: string;
  readonly status: TaskStatus;
  readonly message?: string;
}

const MICROSECONDS = 1_000_000;
const isFinal = (status: TaskStatus): boolean => status === "success" || status === "failure";
const endOf = (at: number): number => at + TASK_SECONDS * MICROSECONDS;

/** Inserts a task that has not begun. Doing it twice has the effect of once. */
export async function insertTask(db: D1Database, task: NewTask): Promise<void> {
  await db.batch(insertStatements(db, task));
}

/** Records that a task has begun, even if inserting it had been interrupted. */
export async function beginTask(db: D1Database, task: NewTask, at: number): Promise<void> {
  const begun = endTaskStatements(db, { id: task.id, status: "processing" }, at);
  await db.batch([...insertStatements(db, task), ...begun]);
}

function insertStatements(db: D1Database, task: NewTask): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `INSERT OR IGNORE INTO tasks (id, type, status, owner, image_id, request_id, user_id, created_at, updated_at)
         VALUES (?1, ?2, 'pending', ?3, ?4, ?5, ?6, ?7, ?7)`,
      )
      .bind(task.id, task.type, task.owner, task.imageId, task.requestId, task.userId, task.createdAt),
    db
      .prepare("INSERT OR IGNORE INTO task_info (task_id, input, message) VALUES (?, ?, '')")
      .bind(task.id, JSON.stringify(task.input)),
  ];
}

/** A task that has ended is not changed any more. */
const UNENDED = "status IN ('pending', 'processing')";

export function endTaskStatements(
  db: D1Database,
  { id, status, message = "" }: TaskEnd,
  at: number,
  { holds, values }: Guarded = { holds: "1", values: [] },
): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `UPDATE task_info SET message = ? WHERE task_id = ?
           AND task_id IN (SELECT id FROM tasks WHERE ${UNENDED}) AND ${holds}`,
      )
      .bind(message, id, ...values),
    db
      .prepare(
        `UPDATE tasks SET status = ?, expires_at = ?, updated_at = max(updated_at, ?)
         WHERE id = ? AND ${UNENDED} AND ${holds}`,
      )
      .bind(status, isFinal(status) ? endOf(at) : null, at, id, ...values),
  ];
}

/** Ends a task without a transition, or records that it has begun. */
export async function endTask(db: D1Database, end: TaskEnd, at: number): Promise<void> {
  await db.batch(endTaskStatements(db, end, at));
}

/** Fails every unfinished task of an image. */
export async function failTasks(db: D1Database, imageId: string, message: string, at: number): Promise<void> {
  await db.batch(failTasksStatements(db, imageId, message, at));
}

/** The same, as statements. */
export function failTasksStatements(
  db: D1Database,
  imageId: string,
  message: string,
  at: number,
  { holds, values }: Guarded = { holds: "1", values: [] },
): D1PreparedStatement[] {
  const unended = `image_id = ? AND ${UNENDED}`;
  return [
    db
      .prepare(
        `UPDATE task_info SET message = ? WHERE task_id IN (SELECT id FROM tasks WHERE ${unended}) AND ${holds}`,
      )
      .bind(message, imageId, ...values),
    db
      .prepare(
        `UPDATE tasks SET status = 'failure', expires_at = ?, updated_at = max(updated_at, ?)
         WHERE ${unended} AND ${holds}`,
      )
      .bind(endOf(at), at, imageId, ...values),
  ];
}

type Row = Omit<Task, "input" | "result"> & { input: string | null; result: string | null };

const COLUMNS = `tasks.id, type, status, owner, image_id AS imageId, request_id AS requestId, user_id AS userId,
  created_at AS createdAt, updated_at AS updatedAt, expires_at AS expiresAt`;
const WHOLE = `SELECT ${COLUMNS}, input, result, coalesce(message, '') AS message
  FROM tasks LEFT JOIN task_info ON task_id = tasks.id`;

const taskOf = (row: Row): Task => ({
  ...row,
  input: row.input === null ? null : JSON.parse(row.input),
  result: row.result === null ? null : JSON.parse(row.result),
});

export async function findTask(db: D1Database, id: string, now: number): Promise<Task | undefined> {
  const row = await db
    .prepare(`${WHOLE} WHERE tasks.id = ? AND (expires_at IS NULL OR expires_at > ?)`)
    .bind(id, now)
    .first<Row>();
  return row === null ? undefined : taskOf(row);
}

/** The latest tasks of an image, oldest first; only those of `project` if it is given. */
export async function imageTasks(
  db: D1Database,
  imageId: string,
  { owner, now }: { owner: string | undefined; now: number },
): Promise<Task[]> {
  const { results } = await db
    .prepare(
      `${WHOLE} WHERE image_id = ?1 AND (?2 IS NULL OR owner = ?2) AND (expires_at IS NULL OR expires_at > ?3)
       ORDER BY created_at DESC, tasks.id DESC LIMIT ${IMAGE_TASKS}`,
    )
    .bind(imageId, owner ?? null, now)
    .all<Row>();
  return results.map(taskOf).reverse();
}

export interface TaskListQuery {
  readonly limit: number;
  readonly marker?: string;
  readonly sortKey: TaskSortKey;
  readonly sortDir: "asc" | "desc";
  readonly status?: string;
  readonly type?: string;
  readonly owner?: string;
}

/** The API's names, which are also the columns' names. */
export const TASK_SORT_KEYS = [
  "id",
  "type",
  "status",
  "owner",
  "created_at",
  "updated_at",
  "expires_at",
  "image_id",
  "request_id",
  "user_id",
] as const;
export type TaskSortKey = (typeof TASK_SORT_KEYS)[number];

/** How many expired tasks a list deletes in passing. */
const FORGOTTEN = 100;

export type TaskItem = Omit<Task, "input" | "result" | "message">;

/** A page of tasks, and whether the marker exists. Deletes expired tasks in passing. */
export async function listTasks(
  db: D1Database,
  query: TaskListQuery,
  now: number,
): Promise<{ page: TaskItem[]; hasMarker: boolean }> {
  const expired = `SELECT id FROM tasks WHERE expires_at <= ?1 LIMIT ${FORGOTTEN}`;
  const filters = (["status", "type", "owner"] as const).flatMap((name) => {
    const value = query[name];
    return value === undefined ? [] : [{ sql: `${name} = ?`, value }];
  });
  const after = query.marker === undefined ? undefined : afterMarker(query);
  const where = ["(expires_at IS NULL OR expires_at > ?)", ...filters.map(({ sql }) => sql)];
  if (after) where.push(after.sql);
  const direction = query.sortDir === "asc" ? "ASC" : "DESC";
  const keys = [...new Set([query.sortKey, "created_at", "id"])];
  const list = db
    .prepare(
      `SELECT ${COLUMNS} FROM tasks WHERE ${where.join(" AND ")}
       ORDER BY ${keys.map((key) => `${sorted(key, "tasks")} ${direction}`).join(", ")} LIMIT ? + 0`,
    )
    .bind(now, ...filters.map(({ value }) => value), ...(after?.values ?? []), query.limit);
  const [, , marker, page] = await db.batch<TaskItem>([
    db.prepare(`DELETE FROM task_info WHERE task_id IN (${expired})`).bind(now),
    db.prepare(`DELETE FROM tasks WHERE id IN (${expired})`).bind(now),
    db.prepare("SELECT id FROM tasks WHERE id = ?").bind(query.marker ?? ""),
    list,
  ]);
  return { page: page?.results ?? [], hasMarker: (marker?.results.length ?? 0) > 0 };
}

/** Null cannot be compared, so zero replaces it; it sorts before every text and every time. */
const sorted = (key: string, table: string): string =>
  ["expires_at", "image_id", "request_id", "user_id"].includes(key)
    ? `coalesce(${table}.${key}, 0)`
    : `${table}.${key}`;

function afterMarker({ marker = "", sortKey, sortDir }: TaskListQuery) {
  const keys = [...new Set<string>([sortKey, "created_at", "id"])];
  const row = (table: string) => keys.map((key) => sorted(key, table)).join(", ");
  return {
    sql: `(${row("tasks")}) ${sortDir === "asc" ? ">" : "<"} (SELECT ${row("m")} FROM tasks m WHERE m.id = ?)`,
    values: [marker],
  };
}
