import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { givenImage } from "../../test/support/images.ts";
import { commitTransition, imageStanding } from "../db/transitions.ts";
import { coordinatorOf } from "./coordinator-of.ts";

const column = (id: string, name: string) =>
  env.DB.prepare(`SELECT ${name} FROM images WHERE id = ?`).bind(id).first(name);

test("an image that is protected after its delete was decided stays, with all that belongs to it", async () => {
  const id = await givenImage({ status: "active" });
  const seen = await imageStanding(env.DB, id);
  if (!seen) throw new Error("there is no such image");
  await env.DB.batch([
    env.DB.prepare("INSERT INTO image_tags (image_id, value) VALUES (?, 'red')").bind(id),
    env.DB.prepare("UPDATE images SET protected = 1 WHERE id = ?").bind(id),
  ]);
  const refusal = { ok: false, kind: "forbidden" };
  expect(await coordinatorOf(env, id).delete(seen)).toMatchObject(refusal);
  expect(await column(id, "status")).toBe("active");
  expect(
    await env.DB.prepare("SELECT count(*) n FROM image_tags WHERE image_id = ?").bind(id).first("n"),
  ).toBe(1);
  await env.DB.prepare("UPDATE images SET protected = 0 WHERE id = ?").bind(id).run();
  expect(await coordinatorOf(env, id).delete(seen)).toEqual({ ok: true });
});

test("a transition that is committed late does not turn updated_at back", async () => {
  const id = await givenImage({ status: "saving" });
  await env.DB.prepare("UPDATE images SET updated_at = 9000 WHERE id = ?").bind(id).run();
  const { generation = 0 } = (await imageStanding(env.DB, id)) ?? {};
  const late = { imageId: id, event: "failUpload", from: "saving", to: "queued", generation, at: 5 } as const;
  expect(await commitTransition(env.DB, late)).toMatchObject({ moved: true });
  expect(await column(id, "updated_at")).toBe(9000);
});
