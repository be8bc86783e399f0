import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, sendJson, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

const ID = "03430055-12e0-4e96-9d79-ad678075f961";
const task = {
  id: "0d855d79-9674-47e7-ab98-68ef467985e9",
  type: "location_import",
  status: "success",
  owner: "416af07e69cd428ab4f7bbb8820dbc19",
  image_id: ID,
  request_id: "req-1",
  user_id: "u1",
  input: { image_id: ID },
  result: null,
  message: "Copied 1 MiB",
  created_at: "2026-11-23T05:59:39Z",
  updated_at: "2026-11-23T05:59:39.000000",
  expires_at: "2026-11-25T05:59:39Z",
  self: "/v2/tasks/0d855d79-9674-47e7-ab98-68ef467985e9",
  schema: "/v2/schemas/task",
};

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.addImage({ id: ID });
});
afterEach(() => cloud.close());

const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const answers = (path: string, body: unknown) =>
  cloud.answer("GET", path, (_q, response) => sendJson(response, 200, body));

describe("image-tasks", () => {
  test("prints what was done as the stock client does", async () => {
    answers(`/v2/images/${ID}/tasks`, { tasks: [task] });
    expect((await cli("image-tasks", ID)).stdout).toBe(
      [
        "+--------------+---------+----------------------------+",
        "| Message      | Status  | Updated at                 |",
        "+--------------+---------+----------------------------+",
        "| Copied 1 MiB | success | 2026-11-23T05:59:39.000000 |",
        "+--------------+---------+----------------------------+",
        "",
      ].join("\n"),
    );
  });

  test("has more columns when it is verbose, nulls and objects as Python writes them", async () => {
    answers(`/v2/images/${ID}/tasks`, { tasks: [task] });
    const { stdout } = await cli("-v", "image-tasks", ID);
    const [, head = "", , row = ""] = stdout.split("\n").map((line) => line.split(/ *\| */).slice(1, -1));
    expect(head).toEqual(
      "Image Id,Task Id,Message,Status,Updated at,User Id,Request Id,Result,Owner,Input,Expires at".split(
        ",",
      ),
    );
    expect(row.slice(7, 10)).toEqual(["None", task.owner, `{'image_id': '${ID}'}`]);
  });

  test("says that there is no such image as the stock client does", async () => {
    const { exitCode, stderr } = await cli("image-tasks", "11111111-1111-1111-1111-111111111111");
    expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
    expect(stderr).toMatch(/^Image 11111111-1111-1111-1111-111111111111 not found\.\n/);
  });
});

describe("task-list", () => {
  test("lists page after page, sorted as the stock client asks", async () => {
    cloud.answer("GET", "/v2/tasks", (_q, response, { query }) =>
      sendJson(
        response,
        200,
        query.has("marker")
          ? { tasks: [{ ...task, id: "second" }] }
          : { tasks: [{ ...task, id: "first" }], next: "/v2/tasks?limit=1&marker=first" },
      ),
    );
    const { stdout } = await cli("task-list", "--page-size", "1", "--status", "success");
    expect([...stdout.matchAll(/^\| (\w+) /gm)].map(([, id]) => id)).toEqual(["ID", "first", "second"]);
    const [first] = cloud.seen.filter(({ path }) => path === "/v2/tasks");
    expect(Object.fromEntries(first?.query ?? [])).toEqual({
      status: "success",
      limit: "1",
      sort_key: "status",
      sort_dir: "desc",
    });
  });

  test("asks nothing for a key that tasks cannot be sorted by", async () => {
    expect((await cli("task-list", "--sort-key", "owner")).exitCode).toBe(2);
    expect(cloud.seen).toEqual([]);
  });

  test("tells in two lines that it is for administrators", async () => {
    cloud.answer("GET", "/v2/tasks", (_q, response) =>
      sendHtml(response, 403, "Forbidden", "You are not authorized to complete tasks_api_access action."),
    );
    const { exitCode, stderr } = await cli("task-list");
    expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
  });
});

test("task-show prints all of a task but its links", async () => {
  answers(`/v2/tasks/${task.id}`, task);
  const { stdout } = await cli("task-show", task.id);
  expect(stdout).toContain(`| input      | {"image_id": "${ID}"}`);
  expect(stdout).toContain("| result     | None");
  expect(stdout).not.toMatch(/\| (self|schema) /);
});
