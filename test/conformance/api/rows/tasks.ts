import { ABSENT, COMMUNITY, type Row, type Step } from "../row.ts";

const TASK = "/v2/tasks/7f3c0000-0000-4000-8000-000000000000";

const refused = (what: string, query: string): Row => ({
  row: `info-tasks-cache §2.3: 400 for ${what}`,
  as: "admin",
  send: `GET /v2/tasks?${query}`,
  expect: 400,
});

/** Rules that let everybody, until an operator says otherwise (spec/rbac.md section 2). */
const forbidden = (rule: string, step: Omit<Step, "expect">): Row => ({
  row: `rbac §2: 403 where ${rule} forbids it, ${step.send.replace(TASK, "/v2/tasks/{id}")}`,
  given: {},
  ...step,
  settings: { POLICY: { [rule]: "!" } },
  expect: 403,
});
const ON_A_STORE = {
  serviceToken: "third service",
  body: { url: "r2://glimpse-images/{id}-none" },
} as const;

/** spec/info-tasks-cache.md sections 2 and 3. What a task holds is in src/routes/tasks.test.ts. */
export const tasks: readonly Row[] = [
  ...["GET /v2/tasks", `GET ${TASK}`, `DELETE ${TASK}`, "GET /v2/tasks?limit=x"].map(
    (send): Row => ({
      row: `info-tasks-cache §2: 403 for whoever is no administrator, ${send.replace(TASK, "/v2/tasks/{id}")}`,
      send,
      expect: 403,
    }),
  ),
  {
    row: "info-tasks-cache §2.3: the list has its first page and its schema",
    as: "admin",
    send: "GET /v2/tasks?owner={row}",
    expect: 200,
    answer: { body: { tasks: [], schema: "/v2/schemas/tasks", first: "/v2/tasks?owner={row}" } },
  },
  {
    row: "info-tasks-cache §2.3: limit=0 is an empty list",
    as: "admin",
    send: "GET /v2/tasks?limit=0",
    expect: 200,
    answer: { body: { tasks: [] }, without: ["next"] },
  },
  {
    row: "info-tasks-cache §2.3: what is unknown is ignored",
    as: "admin",
    send: "GET /v2/tasks?color=red",
    undescribed: "what is unknown has no description",
    expect: 200,
  },
  ...["id", "type", "status", "created_at", "updated_at", "expires_at"].map(
    (key): Row => ({
      row: `info-tasks-cache §2.3: ${key} is a sort key`,
      as: "admin",
      send: `GET /v2/tasks?sort_key=${key}&sort_dir=asc`,
      expect: 200,
    }),
  ),
  ...["pending", "processing", "success", "failure"].map(
    (status): Row => ({
      row: `info-tasks-cache §2.3: ${status} is a status to filter by`,
      as: "admin",
      send: `GET /v2/tasks?status=${status}`,
      expect: 200,
    }),
  ),
  ...["import", "api_image_import", "location_import"].map(
    (type): Row => ({
      row: `info-tasks-cache §2.3: ${type} is a type to filter by [DEV]`,
      as: "admin",
      send: `GET /v2/tasks?type=${type}`,
      expect: 200,
    }),
  ),
  refused("a limit that is no integer", "limit=x"),
  refused("a negative limit", "limit=-1"),
  refused("a marker that is no UUID", "marker=x"),
  refused("a marker that nobody knows", "marker=7f3c0000-0000-4000-8000-000000000000"),
  refused("an unknown sort key", "sort_key=color"),
  refused("an unknown direction", "sort_dir=up"),
  refused("an unknown status", "status=done"),
  refused("an unknown type", "type=export"),
  {
    row: "info-tasks-cache §2.4: 404 for a task that is absent",
    as: "admin",
    send: `GET ${TASK}`,
    expect: 404,
  },
  {
    row: "info-tasks-cache §2.5: DELETE of a task is 405 for administrators",
    as: "admin",
    send: `DELETE ${TASK}`,
    expect: 405,
    answer: { headers: { allow: "GET" } },
  },
  {
    row: "info-tasks-cache §3: an image without tasks has an empty list",
    given: {},
    send: "GET {image}/tasks",
    expect: 200,
    answer: { body: '{"tasks":[]}' },
  },
  {
    row: "info-tasks-cache §3: whoever sees the image may ask",
    given: COMMUNITY,
    as: "other reader",
    send: "GET {image}/tasks",
    expect: 200,
  },
  {
    row: "info-tasks-cache §3: the task of a location, as a row, with its request",
    given: {},
    steps: [
      {
        send: "POST {image}/locations",
        body: { url: "r2://glimpse-images/{id}-none" },
        serviceToken: "third service",
        headers: { "x-openstack-request-id": "req-of-{row}" },
        expect: 202,
      },
      {
        send: "GET {image}/tasks",
        expect: 200,
        answer: {
          body: {
            tasks: [
              { type: "location_import", image_id: "{id}", deleted: false, request_id: "req-of-{row}" },
            ],
          },
        },
      },
      {
        send: "GET {image}/tasks",
        expect: 200,
        answer: { body: /"created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}"/ },
      },
    ],
  },
  {
    row: "info-tasks-cache §3: 404 for an image that is invisible",
    given: {},
    as: "other member",
    send: "GET {image}/tasks",
    expect: 404,
  },
  { row: "info-tasks-cache §3: 404 for an image that is absent", send: `GET ${ABSENT}/tasks`, expect: 404 },
  {
    row: "info-tasks-cache §3: 404 for an image that is deleted",
    given: { fate: "deleted" },
    as: "admin",
    send: "GET {image}/tasks",
    expect: 404,
  },
  forbidden("get_tasks", { as: "admin", send: "GET /v2/tasks" }),
  forbidden("get_tasks", { send: "GET {image}/tasks" }),
  forbidden("get_task", { as: "admin", send: `GET ${TASK}` }),
  forbidden("add_task", { ...ON_A_STORE, send: "POST {image}/locations" }),
  forbidden("modify_task", { ...ON_A_STORE, send: "POST {image}/locations" }),
];
