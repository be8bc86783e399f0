import { TASK_SCHEMA, TASK_STATUSES, TASK_TYPES } from "../../domain/task.ts";
import { ref, type Schema } from "../describe.ts";
import {
  IMAGE_ID_EXAMPLE,
  LOCATION,
  PROJECT_ID_EXAMPLE,
  REQUEST_ID_EXAMPLE,
  TASK,
  USER_ID_EXAMPLE,
} from "../examples.ts";

/** Without `readOnly`, which makes a field of an answer optional for some generators. */
const described: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(TASK_SCHEMA.properties as Readonly<Record<string, Schema>>).map(
    ([name, { readOnly, ...schema }]) => [name, schema],
  ),
);

/** Some kinds of work have their own fields for input and result. */
const anything = (name: string): Schema => ({
  type: ["object", "null"],
  description: described[name]?.description,
  additionalProperties: true,
});

const time = (name: string): Schema => ({ ...described[name], type: "string", format: "date-time" });

const item = {
  id: described.id,
  type: described.type,
  status: described.status,
  owner: described.owner,
  expires_at: { ...time("expires_at"), description: "When it is forgotten. Absent while it is under way" },
  created_at: time("created_at"),
  updated_at: time("updated_at"),
  self: described.self,
  schema: described.schema,
};
const itemHas = ["id", "type", "status", "owner", "created_at", "updated_at", "self", "schema"];

const outcome = {
  input: anything("input"),
  result: anything("result"),
  message: described.message,
};

/** As stored in the database: with microseconds and without a zone, which means UTC. */
const rawTime = (name: string, more: Schema = {}): Schema => ({
  type: "string",
  description: `${described[name]?.description}, in UTC: YYYY-MM-DDTHH:MM:SS.ffffff without a zone`,
  ...more,
});
const nullable = (name: string): Schema => ({
  type: ["string", "null"],
  description: described[name]?.description,
});

const TASK_DETAIL_EXAMPLE = {
  ...TASK,
  input: { image_id: IMAGE_ID_EXAMPLE, loc_url: LOCATION.url, validation_data: {} },
  result: null,
  message: "",
  image_id: IMAGE_ID_EXAMPLE,
  request_id: REQUEST_ID_EXAMPLE,
  user_id: USER_ID_EXAMPLE,
};

const IMAGE_TASK_EXAMPLE = {
  id: TASK.id,
  type: TASK.type,
  status: TASK.status,
  owner: PROJECT_ID_EXAMPLE,
  expires_at: "2026-11-27T09:32:00.000000",
  created_at: "2026-11-25T09:31:00.000000",
  updated_at: "2026-11-25T09:32:00.000000",
  deleted_at: null,
  deleted: false,
  image_id: IMAGE_ID_EXAMPLE,
  request_id: REQUEST_ID_EXAMPLE,
  user_id: USER_ID_EXAMPLE,
  input: TASK_DETAIL_EXAMPLE.input,
  result: null,
  message: "",
};

export const taskSchemas: Readonly<Record<string, Schema>> = {
  TaskItem: {
    type: "object",
    description: "A task, as lists have it",
    properties: item,
    required: itemHas,
    example: TASK,
  },
  Task: {
    type: "object",
    description: "Work that a request began and did not wait for",
    properties: {
      ...item,
      ...outcome,
      image_id: described.image_id,
      request_id: described.request_id,
      user_id: described.user_id,
    },
    required: [...itemHas, "input", "result", "message"],
    example: TASK_DETAIL_EXAMPLE,
  },
  TaskPage: {
    type: "object",
    description: "A page of a list of tasks",
    properties: {
      tasks: {
        type: "array",
        items: ref("TaskItem"),
        description:
          "At most `limit` of them, in the order that was asked for, without what was asked and what came of it",
      },
      first: { type: "string", description: "Path and query of the first page" },
      next: {
        type: "string",
        description: "Path and query of the page after this one; absent where there is none",
      },
      schema: { type: "string", description: "Path of the JSON schema of this page" },
    },
    required: ["tasks", "first", "schema"],
    example: { tasks: [TASK], first: "/v2/tasks", schema: "/v2/schemas/tasks" },
  },
  ImageTask: {
    type: "object",
    description: "A task of an image, as the catalogue keeps it",
    properties: {
      id: described.id,
      type: { ...described.type, enum: TASK_TYPES },
      status: { ...described.status, enum: TASK_STATUSES },
      owner: described.owner,
      expires_at: rawTime("expires_at", { type: ["string", "null"] }),
      created_at: rawTime("created_at"),
      updated_at: rawTime("updated_at"),
      deleted_at: { type: ["string", "null"], description: "Always null" },
      deleted: { type: "boolean", description: "Always false" },
      image_id: nullable("image_id"),
      request_id: nullable("request_id"),
      user_id: nullable("user_id"),
      ...outcome,
    },
    required: [
      ...["id", "type", "status", "owner", "expires_at", "created_at", "updated_at", "deleted_at", "deleted"],
      ...["image_id", "request_id", "user_id", "input", "result", "message"],
    ],
    example: IMAGE_TASK_EXAMPLE,
  },
  ImageTaskList: {
    type: "object",
    description: "Tasks of one image, the oldest first, of the newest thousand",
    properties: {
      tasks: {
        type: "array",
        items: ref("ImageTask"),
        description: "The oldest first. Empty where the image had none, or they are forgotten",
      },
    },
    required: ["tasks"],
    example: { tasks: [IMAGE_TASK_EXAMPLE] },
  },
};
