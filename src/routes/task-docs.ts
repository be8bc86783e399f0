import { TASK_SORT_KEYS } from "../db/tasks.ts";
import { TASK_STATUSES, TASK_TYPES } from "../domain/task.ts";
import { json, NO_IMAGE, type Operation, parameter, query, refusals } from "../openapi/describe.ts";
import { PROJECT_ID_EXAMPLE } from "../openapi/examples.ts";

/** Descriptions of the routes of tasks (tasks.ts). */

const tags = ["tasks"] as const;
const NOT_ADMIN = "The caller is no administrator.";

export const listTasks: Operation = {
  operationId: "list_tasks",
  summary: "List tasks",
  description: "The tasks of all projects, a page at a time, for administrators.",
  tags,
  parameters: [
    parameter("limit"),
    parameter("marker"),
    query("sort_key", "What to sort by", { type: "string", enum: TASK_SORT_KEYS, default: "created_at" }),
    query("sort_dir", "In which direction", { type: "string", enum: ["asc", "desc"], default: "desc" }),
    query("status", "Tasks that have this status. Any other word is refused, an empty one too", {
      type: "string",
      enum: TASK_STATUSES,
    }),
    query("type", "Tasks of this kind. Any other word is refused, an empty one too", {
      type: "string",
      enum: TASK_TYPES,
    }),
    query(
      "owner",
      "Id of the project that they are of. An empty one, as one that has none, makes the list empty",
      { type: "string" },
      PROJECT_ID_EXAMPLE,
    ),
  ],
  responses: {
    200: json("A page of tasks", "TaskPage"),
    ...refusals({ 400: "A parameter is malformed, or the marker is no task.", 403: NOT_ADMIN }),
  },
};

export const showTask: Operation = {
  operationId: "show_task",
  summary: "Show a task",
  description: "Whatever project it is of, for administrators.",
  tags,
  parameters: [parameter("task_id")],
  responses: {
    200: json("The task", "Task"),
    ...refusals({ 403: NOT_ADMIN, 404: "There is no such task, or it is forgotten." }),
  },
};

export const listImageTasks: Operation = {
  operationId: "list_image_tasks",
  summary: "List the tasks of an image",
  description: "Those of the caller's project; for administrators those of all.",
  tags,
  parameters: [parameter("image_id")],
  responses: {
    200: json("The tasks", "ImageTaskList"),
    ...refusals({ 403: "The caller may not see tasks.", 404: NO_IMAGE }),
  },
};
