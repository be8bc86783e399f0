import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { admin, ask, created, member, reader, stranger } from "../../test/support/catalogue.ts";
import { TASK_SORT_KEYS } from "../db/tasks.ts";

const ABSENT = "7f3c0000-0000-4000-8000-000000000000";
const HOUR = 3_600_000_000;

interface Fields {
  readonly status?: string;
  readonly type?: string;
  readonly owner?: string;
  readonly image?: string;
  readonly createdAt?: number;
  readonly expiresAt?: number;
}

/** A task row; oldest first by `createdAt`. */
async function givenTask(fields: Fields = {}): Promise<string> {
  const id = crypto.randomUUID();
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO tasks (id, type, status, owner, image_id, request_id, user_id, created_at, updated_at, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5, 'req-1', 'u1', ?6, ?6, ?7)`,
    ).bind(
      id,
      fields.type ?? "location_import",
      fields.status ?? "pending",
      fields.owner ?? "p1",
      fields.image ?? null,
      fields.createdAt ?? 1_700_000_000_123_456,
      fields.expiresAt ?? null,
    ),
    env.DB.prepare("INSERT INTO task_info (task_id, input, message) VALUES (?, ?, 'why')").bind(
      id,
      '{"a":1}',
    ),
  ]);
  return id;
}

const list = (query = "", as = admin()) => ask("GET", `/v2/tasks${query}`, { as });
const idsOf = (body: { tasks: { id: string }[] }) => body.tasks.map(({ id }) => id);

describe("who is no administrator hears 403", () => {
  test.each([
    ["GET", "/v2/tasks"],
    ["GET", "/v2/tasks?limit=x"],
    ["POST", "/v2/tasks"],
    ["GET", `/v2/tasks/${ABSENT}`],
    ["DELETE", `/v2/tasks/${ABSENT}`],
  ])("of %s %s", async (method, path) => {
    for (const as of [member("p1"), reader("p1"), stranger("p1")])
      expect((await ask(method, path, { as })).status).toBe(403);
  });
});

test.each([
  ["DELETE", `/v2/tasks/${ABSENT}`],
  ["PUT", `/v2/tasks/${ABSENT}`],
  ["PATCH", `/v2/tasks/${ABSENT}`],
  ["HEAD", `/v2/tasks/${ABSENT}`],
  ["DELETE", "/v2/tasks"],
  ["POST", "/v2/tasks"],
  ["POST", `/v2/images/${ABSENT}/tasks`],
])("%s %s is a 405 for an administrator", async (method, path) => {
  const answer = await ask(method, path, { as: admin() });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET"]);
});

describe("a list", () => {
  const owner = "lists";
  const ids: string[] = [];
  beforeAll(async () => {
    for (let n = 0; n < 5; n++)
      ids.push(
        await givenTask({
          owner,
          createdAt: 1_600_000_000_000_000 + n,
          status: n < 2 ? "success" : "failure",
        }),
      );
  });

  test("has the newest first, without what was asked and what came of it", async () => {
    const { body } = await list(`?owner=${owner}`);
    expect(idsOf(body)).toEqual(ids.toReversed());
    expect(body).toMatchObject({ schema: "/v2/schemas/tasks", first: `/v2/tasks?owner=${owner}` });
    expect(body.tasks[0]).toEqual({
      ...{ id: ids[4], type: "location_import", status: "failure", owner },
      ...{ created_at: "2020-09-13T12:26:40Z", updated_at: "2020-09-13T12:26:40Z" },
      ...{ self: `/v2/tasks/${ids[4]}`, schema: "/v2/schemas/task" },
    });
  });

  test("is followed page by page to its end, each way and by each key", async () => {
    for (const key of TASK_SORT_KEYS)
      for (const direction of ["asc", "desc"]) {
        const seen: string[] = [];
        let next: string | undefined =
          `/v2/tasks?owner=${owner}&limit=2&sort_key=${key}&sort_dir=${direction}`;
        while (next) {
          const { body }: { body: { tasks: { id: string }[]; next?: string } } = await ask("GET", next, {
            as: admin(),
          });
          seen.push(...idsOf(body));
          next = body.next;
        }
        expect(seen.toSorted()).toEqual(ids.toSorted());
        if (key === "created_at") expect(seen).toEqual(direction === "asc" ? ids : ids.toReversed());
      }
  });

  test("is filtered by status, type and owner, and by nothing else", async () => {
    expect(idsOf((await list(`?owner=${owner}&status=success`)).body)).toHaveLength(2);
    expect(idsOf((await list(`?owner=${owner}&type=import`)).body)).toEqual([]);
    expect(idsOf((await list(`?owner=${owner}&type=api_image_import`)).body)).toEqual([]);
    expect(idsOf((await list(`?owner=${owner}&type=location_import&colour=red`)).body)).toHaveLength(5);
  });

  test("of none is empty", async () => {
    expect((await list(`?owner=${owner}&limit=0`)).body.tasks).toEqual([]);
  });

  test.each([
    "limit=x",
    "limit=-1",
    "limit=1.5",
    "marker=x",
    `marker=${ABSENT}`,
    "sort_key=colour",
    "sort_key=input",
    "sort_dir=up",
    "status=done",
    "type=export",
  ])("with %s is a 400", async (query) => {
    expect((await list(`?${query}`)).status).toBe(400);
  });
});

test("one task is shown with all that is known of it", async () => {
  const id = await givenTask({ image: ABSENT, expiresAt: Date.now() * 1000 + HOUR });
  const { body } = await ask("GET", `/v2/tasks/${id}`, { as: admin() });
  expect(body).toMatchObject({
    ...{ id, input: { a: 1 }, result: null, message: "why" },
    ...{ image_id: ABSENT, request_id: "req-1", user_id: "u1" },
    expires_at: expect.stringMatching(/Z$/),
  });
  expect((await ask("GET", `/v2/tasks/${ABSENT}`, { as: admin() })).status).toBe(404);
});

test("a task whose time has come is not there any more, and a list forgets it for good", async () => {
  const id = await givenTask({ owner: "past", expiresAt: Date.now() * 1000 - 1 });
  expect((await ask("GET", `/v2/tasks/${id}`, { as: admin() })).status).toBe(404);
  expect((await list("?owner=past")).body.tasks).toEqual([]);
  expect(await env.DB.prepare("SELECT 1 FROM tasks WHERE id = ?").bind(id).first()).toBeNull();
  expect(await env.DB.prepare("SELECT 1 FROM task_info WHERE task_id = ?").bind(id).first()).toBeNull();
});

describe("the tasks of an image", () => {
  test("are those of the caller's project, and all for an administrator", async () => {
    const { id: image } = await created({ visibility: "community" });
    const mine = await givenTask({ image });
    await givenTask({ image, owner: "p2" });
    await givenTask({ image, expiresAt: 1 });
    const of = async (as = member("p1")) => (await ask("GET", `/v2/images/${image}/tasks`, { as })).body;
    expect(await of()).toEqual({
      tasks: [
        {
          ...{ id: mine, type: "location_import", status: "pending", owner: "p1", image_id: image },
          ...{ expires_at: null, deleted_at: null, deleted: false, request_id: "req-1", user_id: "u1" },
          ...{ created_at: "2023-11-14T22:13:20.123456", updated_at: "2023-11-14T22:13:20.123456" },
          ...{ input: { a: 1 }, result: null, message: "why" },
        },
      ],
    });
    expect((await of(admin())).tasks).toHaveLength(2);
    expect((await of(member("p3"))).tasks).toEqual([]);
  });

  test("of an image that is hidden or not there are a 404", async () => {
    const { id } = await created();
    expect((await ask("GET", `/v2/images/${id}/tasks`, { as: member("p2") })).status).toBe(404);
    expect((await ask("GET", `/v2/images/${ABSENT}/tasks`)).status).toBe(404);
  });
});

test("the list of all tasks walks an index", async () => {
  const plan = await env.DB.prepare(
    `EXPLAIN QUERY PLAN SELECT id FROM tasks WHERE (expires_at IS NULL OR expires_at > ?)
     ORDER BY tasks.created_at DESC, tasks.id DESC LIMIT ?`,
  )
    .bind(1, 2)
    .all<{ detail: string }>();
  expect(plan.results.map(({ detail }) => detail)).toEqual(["SCAN tasks USING INDEX tasks_by_time"]);
});

test("the answer for an image has its latest thousand tasks, the oldest of them first", async () => {
  const { id: image } = await created();
  await env.DB.prepare(
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1002)
     INSERT INTO tasks (id, type, status, owner, image_id, created_at, updated_at)
     SELECT printf('%08d-1a7c-4c0b-9f39-8f6a3e5d2c11', n), 'location_import', 'failure', 'p1', ?, n, n FROM n`,
  )
    .bind(image)
    .run();
  const ids = idsOf((await ask("GET", `/v2/images/${image}/tasks`)).body);
  const nth = (n: number) => `${String(n).padStart(8, "0")}-1a7c-4c0b-9f39-8f6a3e5d2c11`;
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([1000, nth(3), nth(1002)]);
});
