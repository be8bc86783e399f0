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
import { putTag, removeTag } from "../db/image-tags.ts";
import { findImage } from "../db/images.ts";

const onTag = (method: string, image: { id: string }, tag: string, as?: Persona, body?: string) =>
  ask(method, `/v2/images/${image.id}/tags/${tag}`, {
    ...(as ? { as } : {}),
    ...(body === undefined ? {} : { body }),
  });
const status = async (...asked: Parameters<typeof onTag>) => (await onTag(...asked)).status;
const tagsOf = async (image: { id: string }): Promise<string[]> =>
  (await ask("GET", `/v2/images/${image.id}`)).body.tags.sort();
const updatedAt = async (image: { id: string }) => (await findImage(env.DB, image.id, "p1"))?.updatedAt ?? 0;

test("a tag is put once however often it is put, and each time moves updated_at", async () => {
  const image = await created({ tags: ["x"] });
  const times = [await updatedAt(image)];
  for (let round = 0; round < 2; round++) {
    const answer = await onTag("PUT", image, "new");
    expect([answer.status, answer.body]).toEqual([204, ""]);
    times.push(await updatedAt(image));
  }
  expect(await tagsOf(image)).toEqual(["new", "x"]);
  expect(await status("DELETE", image, "x")).toBe(204);
  times.push(await updatedAt(image));
  expect(await tagsOf(image)).toEqual(["new"]);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
});

test("a tag that is not there cannot be taken off, and nothing moves", async () => {
  const image = await created({ tags: ["x"] });
  const before = await updatedAt(image);
  expect(await status("DELETE", image, "X")).toBe(404);
  expect(await status("DELETE", image, "a".repeat(300))).toBe(404);
  expect(await updatedAt(image)).toBe(before);
});

test.each([
  ["a%20b", "a b"],
  ["%20a%20", " a "],
  ["caf%C3%A9", "café"],
  ["%2541", "%41"],
  ["50%", "50%"],
  ["%zz%41", "%zzA"],
  ["a+b", "a+b"],
  ["Case", "Case"],
  ["a%3Fb%23", "a?b#"],
  ["'%3B--", "';--"],
])("the path %s names the tag %j", async (path, tag) => {
  const image = await created();
  expect(await status("PUT", image, path)).toBe(204);
  expect(await tagsOf(image)).toEqual([tag]);
  expect(await status("DELETE", image, path)).toBe(204);
  expect(await tagsOf(image)).toEqual([]);
});

test("an encoded slash is a path that does not exist, whatever the method", async () => {
  const image = await created();
  for (const method of ["PUT", "DELETE", "GET"]) {
    const answer = await onTag(method, image, "a%2Fb");
    expect([answer.status, answer.headers.get("allow")]).toEqual([404, null]);
  }
  expect(await status("PUT", image, "a%2fb")).toBe(404);
  expect(await status("PUT", image, "")).toBe(404);
});

test("what no tag can be is refused with 400, before the image is looked up", async () => {
  const nowhere = { id: "no-such-image" };
  expect(await status("PUT", nowhere, "a".repeat(256))).toBe(400);
  expect(await status("PUT", nowhere, "%F0%9F%90%A7")).toBe(400);
  expect(await status("PUT", nowhere, "a%00")).toBe(400);
  expect(await status("PUT", nowhere, "%ff")).toBe(400);
  expect(await status("PUT", nowhere, "x", undefined, "body")).toBe(400);
  expect(await status("DELETE", nowhere, "x", undefined, "body")).toBe(400);
  expect(await status("PUT", nowhere, "a".repeat(255))).toBe(404);
});

describe("who may tag an image", () => {
  test.each<[string, Persona, string, number]>([
    ["its owner", member("p1"), "private", 204],
    ["a reader of its owner", reader("p1"), "private", 403],
    ["its owner without a role", stranger("p1"), "private", 404],
    ["an administrator", admin(), "private", 204],
    ["another project, of a private image", member("p2"), "private", 404],
    ["another project, of a community image", member("p2"), "community", 403],
  ])("%s", async (_who, as, visibility, expected) => {
    const image = await created({ visibility, tags: ["x"] });
    expect([await status("PUT", image, "y", as), await status("DELETE", image, "x", as)]).toEqual([
      expected,
      expected,
    ]);
  });
});

test("the 129th tag is refused with 413, also of several at once; one that is there is not", async () => {
  const image = await created({ tags: Array.from({ length: 127 }, (_, at) => `t${at}`) });
  const answers = await Promise.all(["a", "b", "c"].map((tag) => onTag("PUT", image, tag)));
  expect(answers.map((answer) => answer.status).sort()).toEqual([204, 413, 413]);
  expect(await status("PUT", image, "t1")).toBe(204);
  expect(await status("PUT", image, "d")).toBe(413);
  expect(await tagsOf(image)).toHaveLength(128);
  const unlimited = { LIMITS: { imageTagQuota: -1 } };
  expect((await ask("PUT", `/v2/images/${image.id}/tags/d`, { env: unlimited })).status).toBe(204);
});

test("the room for tags is held by the statement, whatever was seen before it", async () => {
  const image = await created({ tags: ["a", "b"] });
  const seen = await findImage(env.DB, image.id, "p1");
  if (!seen) throw new Error("it is there");
  expect(await putTag(env.DB, seen, { tag: "c", now: 1, quota: 2 })).toBe("full");
  expect(await tagsOf(image)).toEqual(["a", "b"]);
  await patched(image.id, [{ op: "replace", path: "/owner", value: "p7" }], { as: admin() });
  expect(await putTag(env.DB, seen, { tag: "c", now: 1, quota: 9 })).toBe("changed");
  expect(await removeTag(env.DB, seen, { tag: "a", now: 1 })).toBe(false);
});

test("tags that are put at the same time all arrive, and so do patches beside them", async () => {
  const image = await created({ tags: ["old"] });
  const names = [..."abcdefgh"];
  const answers = await Promise.all([
    ...names.map((tag) => onTag("PUT", image, tag)),
    ...names.map((tag) => onTag("PUT", image, tag)),
    onTag("DELETE", image, "old"),
    ...names.map((name) => patched(image.id, [{ op: "add", path: `/p_${name}`, value: name }])),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([...Array(17).fill(204), ...Array(8).fill(200)]);
  const { body } = await ask("GET", `/v2/images/${image.id}`);
  expect(body.tags.sort()).toEqual(names);
  expect(body).toMatchObject(Object.fromEntries(names.map((name) => [`p_${name}`, name])));
});

test("of two that take off one tag, one is told that it is gone", async () => {
  const image = await created({ tags: ["x"] });
  const both = await Promise.all([1, 2].map(() => onTag("DELETE", image, "x")));
  expect(both.map((answer) => answer.status).sort()).toEqual([204, 404]);
});

test.each(["GET", "HEAD", "POST", "PATCH", "OPTIONS"])("%s of a tag answers 405", async (method) => {
  const answer = await onTag(method, { id: "some-id" }, "x");
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "PUT, DELETE"]);
});
