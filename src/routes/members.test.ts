import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  admin,
  ask,
  created,
  member,
  type Persona,
  patched,
  reader,
  stranger,
} from "../../test/support/catalogue.ts";
import { addMember, removeMember, setMemberStatus } from "../db/image-members.ts";
import { findImage } from "../db/images.ts";

const share = (image: { id: string }, body: unknown, as?: Persona) =>
  ask("POST", `/v2/images/${image.id}/members`, { body, ...(as ? { as } : {}) });
const path = (image: { id: string }, project: string) => `/v2/images/${image.id}/members/${project}`;
const judge = (image: { id: string }, project: string, status: unknown, as: Persona) =>
  ask("PUT", path(image, project), { body: { status }, as });

/** An image of `p1` that is shared with each of the projects. */
async function sharedWith(...projects: string[]): Promise<{ id: string; updated_at: string }> {
  const image = await created();
  for (const project of projects) expect((await share(image, { member: project })).status).toBe(200);
  return image;
}

const becomes = (image: { id: string }, visibility: string) =>
  patched(image.id, [{ op: "replace", path: "/visibility", value: visibility }], { as: admin() });

test("sharing an image answers 200 with a pending member, and the image itself stays as it was", async () => {
  const image = await created();
  const { status, headers, body } = await share(image, { member: "p2", more: 1 });
  expect([status, headers.get("location")]).toEqual([200, null]);
  expect(body).toEqual({
    member_id: "p2",
    image_id: image.id,
    status: "pending",
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    updated_at: body.created_at,
    schema: "/v2/schemas/member",
  });
  expect((await ask("GET", path(image, "p2"))).body).toEqual(body);
  expect((await ask("GET", `/v2/images/${image.id}`)).body).toEqual(image);
});

test("an administrator and an owner that names itself make pending members too", async () => {
  const image = await created();
  expect((await share(image, { member: "p1" })).body.status).toBe("pending");
  expect((await share(image, { member: "p2" }, admin("p2"))).body.status).toBe("pending");
});

test.each([
  ["no body", ""],
  ["text that is not JSON", "not json"],
  ["an array", []],
  ["null", "null"],
  ["no member", {}],
  ["a null member", { member: null }],
  ["an empty member", { member: "" }],
  ["a number", { member: 1 }],
  ["256 characters", { member: "a".repeat(256) }],
  ["a slash", { member: "a/b" }],
  ["a dot", { member: "." }],
  ["two dots", { member: ".." }],
])("sharing with %s is refused with 400, before the image is looked up", async (_what, body) => {
  expect((await share({ id: "no-such-image" }, body)).status).toBe(400);
});

test.each([
  ["no body", ""],
  ["an array", []],
  ["no status", {}],
  ["a status of its own", { status: "maybe" }],
  ["a list of statuses", { status: ["accepted"] }],
])("a status given as %s is refused with 400, before the image is looked up", async (_what, body) => {
  expect((await ask("PUT", path({ id: "no-such-image" }, "p2"), { body })).status).toBe(400);
});

test("a body of a delete is refused with 400, before the image is looked up", async () => {
  expect((await ask("DELETE", path({ id: "no-such-image" }, "p2"), { body: "x" })).status).toBe(400);
});

describe("what each caller may do with the members of an image", () => {
  type Row = readonly [who: string, as: Persona, statuses: string];
  /** POST, list, GET of p2, PUT of p2, DELETE of p2. */
  const statuses = async (image: { id: string }, as: Persona): Promise<string> => {
    const answers = [
      await share(image, { member: `new-${as.projectId}-${as.role}` }, as),
      await ask("GET", `/v2/images/${image.id}/members`, { as }),
      await ask("GET", path(image, "p2"), { as }),
      await judge(image, "p2", "accepted", as),
      await ask("DELETE", path(image, "p2"), { as }),
    ];
    return answers.map(({ status }) => status).join(" ");
  };

  test.each<Row>([
    ["its owner", member("p1"), "200 200 200 403 204"],
    ["a reader of its owner", reader("p1"), "403 200 200 403 403"],
    ["the member", member("p2"), "403 200 200 200 403"],
    ["a reader of the member", reader("p2"), "403 200 200 403 403"],
    ["another member", member("p3"), "403 200 404 403 403"],
    ["somebody else", member("p4"), "404 404 404 404 404"],
    ["a token of its owner without a role", stranger("p1"), "404 404 404 404 404"],
    ["an administrator", admin("p9"), "200 200 200 200 204"],
  ])("%s, of a shared one", async (_who, as, expected) => {
    expect(await statuses(await sharedWith("p2", "p3"), as)).toBe(expected);
  });

  test.each<[string, Row[1], string, string]>([
    ["its owner, of a private one", member("p1"), "private", "403 403 404 403 403"],
    ["its member, of a private one", member("p2"), "private", "404 404 404 404 404"],
    ["its owner, of a public one", member("p1"), "public", "403 403 404 403 403"],
    ["its member, of a public one", member("p2"), "public", "403 403 404 403 403"],
    ["somebody else, of a community one", member("p4"), "community", "403 403 404 403 403"],
    ["an administrator, of a private one", admin("p9"), "private", "403 403 404 403 403"],
  ])("%s", async (_who, as, visibility, expected) => {
    const image = await sharedWith("p2", "p3");
    expect((await becomes(image, visibility)).status).toBe(200);
    expect(await statuses(image, as)).toBe(expected);
  });

  test("of one that does not exist", async () => {
    expect(await statuses({ id: crypto.randomUUID() }, admin())).toBe("404 404 404 404 404");
  });
});

test("the owner sees all members, each of them itself alone", async () => {
  const image = await sharedWith("p2", "p3");
  const seenBy = async (as: Persona) => {
    const { body } = await ask("GET", `/v2/images/${image.id}/members`, { as });
    expect(body.schema).toBe("/v2/schemas/members");
    return body.members.map((each: { member_id: string }) => each.member_id).join(" ");
  };
  expect([await seenBy(member("p1")), await seenBy(member("p2")), await seenBy(reader("p3"))]).toEqual([
    "p2 p3",
    "p2",
    "p3",
  ]);
});

test("whoever is not a member is 404 where it is asked for, by owner and by member", async () => {
  const image = await sharedWith("p2");
  expect((await ask("GET", path(image, "p8"))).status).toBe(404);
  expect((await judge(image, "p8", "accepted", member("p1"))).status).toBe(404);
  expect((await judge(image, "p8", "accepted", admin())).status).toBe(404);
  expect((await ask("DELETE", path(image, "p8"))).status).toBe(404);
});

test("a member cannot find out who else is one", async () => {
  const image = await sharedWith("p2", "p3");
  for (const other of ["p3", "p8"]) {
    expect((await ask("GET", path(image, other), { as: member("p2") })).status).toBe(404);
    expect((await judge(image, other, "accepted", member("p2"))).status).toBe(403);
    expect((await ask("DELETE", path(image, other), { as: member("p2") })).status).toBe(403);
  }
});

test("a status changes to any other and back, and moves the member's updated_at alone", async () => {
  const image = await sharedWith("p2");
  await env.DB.prepare("UPDATE image_members SET created_at = 0, updated_at = 0 WHERE image_id = ?")
    .bind(image.id)
    .run();
  for (const status of ["accepted", "rejected", "pending", "pending"]) {
    const { body } = await judge(image, "p2", status, member("p2"));
    expect(body).toMatchObject({ status, created_at: "1970-01-01T00:00:00Z" });
    expect(body.updated_at > body.created_at).toBe(true);
  }
  expect((await ask("GET", `/v2/images/${image.id}`)).body).toEqual(image);
});

test("what a member thinks of an image decides over its lists, not over its reading", async () => {
  const image = await sharedWith("p5");
  const lists = async (query: string) => {
    const { body } = await ask("GET", `/v2/images?visibility=shared${query}`, { as: member("p5") });
    return body.images.some(({ id }: { id: string }) => id === image.id);
  };
  for (const status of ["pending", "accepted", "rejected"]) {
    await judge(image, "p5", status, member("p5"));
    const listed = [
      await lists(""),
      await lists(`&member_status=${status}`),
      await lists("&member_status=all"),
    ];
    expect(listed).toEqual([status === "accepted", true, true]);
    expect((await ask("GET", `/v2/images/${image.id}`, { as: member("p5") })).status).toBe(200);
  }
});

test("members rest while the image is not shared and count again when it is", async () => {
  const image = await sharedWith("p2");
  await judge(image, "p2", "accepted", member("p2"));
  await becomes(image, "private");
  expect((await ask("GET", `/v2/images/${image.id}`, { as: member("p2") })).status).toBe(404);
  await becomes(image, "shared");
  expect((await ask("GET", path(image, "p2"), { as: member("p2") })).body.status).toBe("accepted");
});

test("who is removed sees the image no more, and removing twice is 404", async () => {
  const image = await sharedWith("p2");
  expect((await ask("DELETE", path(image, "p2"))).status).toBe(204);
  expect((await ask("DELETE", path(image, "p2"))).status).toBe(404);
  expect((await ask("GET", `/v2/images/${image.id}`, { as: member("p2") })).status).toBe(404);
});

test("of many calls at once that share with one project, one does", async () => {
  const image = await created();
  const answers = await Promise.all(Array.from({ length: 8 }, () => share(image, { member: "p2" })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
});

test("the 129th member is refused with 413, one that is there with 409", async () => {
  const image = await created();
  await env.DB.prepare(
    `INSERT INTO image_members (image_id, member, created_at, updated_at)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 127) SELECT ?, 'm' || i, 0, 0 FROM n`,
  )
    .bind(image.id)
    .run();
  const answers = await Promise.all(["a", "b", "c"].map((project) => share(image, { member: project })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 413, 413]);
  expect(answers.find(({ status }) => status === 413)?.headers.get("retry-after")).toBeNull();
  expect((await share(image, { member: "m1" })).status).toBe(409);
  const unlimited = { LIMITS: { imageMemberQuota: -1 } };
  const more = await ask("POST", `/v2/images/${image.id}/members`, { body: { member: "z" }, env: unlimited });
  expect(more.status).toBe(200);
});

test("a project id is decoded once, and one with a slash is a path that does not exist", async () => {
  const image = await sharedWith("é %41");
  expect((await ask("GET", path(image, encodeURIComponent("é %41")))).body.member_id).toBe("é %41");
  const answer = await ask("PATCH", path(image, "a%2Fb"));
  expect([answer.status, answer.headers.get("allow")]).toEqual([404, null]);
});

test("whoever is a member is shown and taken off by its path, whatever its id is made of", async () => {
  const characters = Array.from({ length: 127 }, (_, at) => String.fromCharCode(at + 1)).filter(
    (c) => c !== "/",
  );
  for (const id of [characters.join(""), "...", "%2e%2e", "%2F", "?", "#", "\u00a0", "\u{1f600}"]) {
    const image = await sharedWith(id);
    const at = path(image, encodeURIComponent(id));
    expect([(await ask("GET", at)).status, (await ask("DELETE", at)).status], id).toEqual([200, 204]);
  }
});

test.each([
  ["PATCH", "members", "GET, POST"],
  ["HEAD", "members", "GET, POST"],
  ["PUT", "members", "GET, POST"],
  ["PATCH", "members/p2", "GET, PUT, DELETE"],
  ["POST", "members/p2", "GET, PUT, DELETE"],
  ["OPTIONS", "members/p2", "GET, PUT, DELETE"],
])("%s of %s answers 405, allowing %s", async (method, resource, allow) => {
  const answer = await ask(method, `/v2/images/some-id/${resource}`);
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
});

test("the schema of members holds that of a member", async () => {
  const one = (await ask("GET", "/v2/schemas/member", { as: stranger("p1") })).body;
  expect(Object.keys(one)).toEqual(["name", "properties"]);
  expect(one.properties.status.enum).toEqual(["pending", "accepted", "rejected"]);
  const { body } = await ask("GET", "/v2/schemas/members");
  expect(body).toMatchObject({ name: "members", properties: { members: { type: "array", items: one } } });
  expect(body.links).toEqual([{ rel: "describedby", href: "{schema}" }]);
});

test("a change that was allowed for the image as it was is not made to what it has become", async () => {
  const image = await sharedWith("p2");
  const seen = await findImage(env.DB, image.id, "p1");
  if (!seen) throw new Error("it is there");
  const now = Date.now() * 1000;
  const everyChange = async () => [
    await addMember(env.DB, seen, { member: "p3", now, quota: 128 }),
    await setMemberStatus(env.DB, seen, { member: "p2", now, status: "accepted" }),
    await removeMember(env.DB, seen, "p2"),
  ];
  for (const operation of [
    { op: "replace", path: "/owner", value: "p7" },
    { op: "replace", path: "/visibility", value: "private" },
  ]) {
    await patched(image.id, [operation], { as: admin() });
    expect(await everyChange()).toEqual(["changed", undefined, false]);
    await patched(image.id, [{ op: "replace", path: "/owner", value: "p1" }], { as: admin() });
  }
  await ask("DELETE", `/v2/images/${image.id}`);
  expect(await everyChange()).toEqual(["changed", undefined, false]);
});
