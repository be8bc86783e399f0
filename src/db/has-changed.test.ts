import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { givenImage } from "../../test/support/images.ts";
import { addMember, removeMember } from "./image-members.ts";
import { putTag, removeTag } from "./image-tags.ts";
import { findImage } from "./images.ts";

/** D1 counts what a trigger writes with the row that set it off; a migration may bring one for any table. */
beforeAll(async () => {
  await env.DB.prepare("CREATE TABLE noted (what TEXT)").run();
  for (const when of ["UPDATE ON images", "DELETE ON image_tags", "DELETE ON image_members"])
    await env.DB.prepare(
      `CREATE TRIGGER "noted ${when}" AFTER ${when} BEGIN INSERT INTO noted VALUES ('x'); END`,
    ).run();
});

const seen = async () => {
  const image = await findImage(env.DB, await givenImage(), "p1");
  if (!image) throw new Error("it was just made");
  return image;
};

test("a tag that was put, and one that was removed, is told so where triggers write too", async () => {
  const image = await seen();
  expect(await putTag(env.DB, image, { tag: "x", now: 1, quota: -1 })).toBe("done");
  expect(await removeTag(env.DB, image, { tag: "x", now: 2 })).toBe(true);
  expect(await removeTag(env.DB, image, { tag: "x", now: 3 })).toBe(false);
});

test("a member that was removed is told so where triggers write too", async () => {
  const image = await seen();
  await addMember(env.DB, image, { member: "p2", now: 1, quota: -1 });
  expect(await removeMember(env.DB, image, "p2")).toBe(true);
  expect(await removeMember(env.DB, image, "p2")).toBe(false);
});
