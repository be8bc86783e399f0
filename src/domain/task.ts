import { IMAGE_ID } from "./image.ts";

export const TASK_TYPES = ["import", "api_image_import", "location_import"] as const;
export type TaskType = (typeof TASK_TYPES)[number];

export const TASK_STATUSES = ["pending", "processing", "success", "failure"] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** How long a task is kept after its end (spec/info-tasks-cache.md section 2.1). */
export const TASK_SECONDS = 48 * 3600;

/** Work that a request started and did not wait for. Times are microseconds since the epoch. */
export interface NewTask {
  readonly id: string;
  readonly type: TaskType;
  /** Empty for a caller without a project. */
  readonly owner: string;
  readonly imageId: string | null;
  readonly requestId: string | null;
  readonly userId: string | null;
  readonly createdAt: number;
  /** The request's content, without credentials. */
  readonly input: unknown;
}

export interface Task extends NewTask {
  readonly status: TaskStatus;
  readonly updatedAt: number;
  readonly expiresAt: number | null;
  readonly result: unknown;
  readonly message: string;
}

const wireTime = (microseconds: number): string =>
  `${new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19)}Z`;

/** A task as an item of a list (spec/info-tasks-cache.md section 2.1). */
export const taskItem = (task: Omit<Task, "input" | "result" | "message">): Record<string, unknown> => ({
  id: task.id,
  type: task.type,
  status: task.status,
  owner: task.owner,
  ...(task.expiresAt === null ? {} : { expires_at: wireTime(task.expiresAt) }),
  created_at: wireTime(task.createdAt),
  updated_at: wireTime(task.updatedAt),
  self: `/v2/tasks/${task.id}`,
  schema: "/v2/schemas/task",
});

export const taskView = (task: Task): Record<string, unknown> => ({
  ...taskItem(task),
  input: task.input,
  result: task.result,
  message: task.message,
  ...(task.imageId === null ? {} : { image_id: task.imageId }),
  ...(task.requestId === null ? {} : { request_id: task.requestId }),
  ...(task.userId === null ? {} : { user_id: task.userId }),
});

/**
 * With microseconds and without a zone, as only the list of an image's tasks shows times (spec/image-api-v2.md section
 * 2.7).
 */
const rawTime = (microseconds: number): string =>
  new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19) +
  `.${String(microseconds % 1_000_000).padStart(6, "0")}`;

/** A task in `GET /v2/images/{id}/tasks`, which shows the row unchanged (spec/info-tasks-cache.md section 3). */
export const imageTaskView = (task: Task): Record<string, unknown> => ({
  id: task.id,
  type: task.type,
  status: task.status,
  owner: task.owner,
  expires_at: task.expiresAt === null ? null : rawTime(task.expiresAt),
  created_at: rawTime(task.createdAt),
  updated_at: rawTime(task.updatedAt),
  deleted_at: null,
  deleted: false,
  image_id: task.imageId,
  request_id: task.requestId,
  user_id: task.userId,
  input: task.input,
  result: task.result,
  message: task.message,
});

type Schema = Record<string, unknown>;

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });

/** spec/schemas.md section 4. */
export const TASK_SCHEMA = {
  name: "task",
  properties: {
    id: text("Identifier of the task", { pattern: IMAGE_ID }),
    type: text("What kind of work it is", { enum: TASK_TYPES }),
    status: text("How far it is", { enum: TASK_STATUSES }),
    input: { type: ["null", "object"], description: "What was asked for" },
    result: { type: ["null", "object"], description: "What came of it" },
    owner: text("Project that asked"),
    message: text("Why it failed, for people"),
    image_id: text("Image that it is about"),
    request_id: text("Request that asked"),
    user_id: text("User who asked"),
    expires_at: { type: ["null", "string"], description: "When it is forgotten" },
    created_at: text("When it was asked for"),
    updated_at: text("When it last changed"),
    self: text("URL of the task", { readOnly: true }),
    schema: text("URL of this schema", { readOnly: true }),
  },
};

export const TASKS_SCHEMA = {
  name: "tasks",
  properties: { tasks: { type: "array", items: TASK_SCHEMA }, schema: { type: "string" } },
  links: [{ rel: "describedby", href: "{schema}" }],
};
