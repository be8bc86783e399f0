import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { admin, ask, created, member, type Persona, reader, stranger } from "../../test/support/catalogue.ts";
import { getData, putData } from "../../test/support/image-data.ts";
import { commitTransition, type Transition } from "../db/transitions.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";
import type { ImageCoordinator } from "../durable/image-coordinator.ts";

type Event = "deactivate" | "reactivate";

const act = async (event: Event, image: { id: string }, as?: Persona, body?: string) =>
  (
    await ask("POST", `/v2/images/${image.id}/actions/${event}`, {
      ...(as ? { as } : {}),
      ...(body === undefined ? {} : { body }),
    })
  ).status;
const shown = async (image: { id: string }) =>
  (await ask("GET", `/v2/images/${image.id}`, { as: admin() })).body;

async function withData(fields: Record<string, unknown> = {}): Promise<{ id: string }> {
  const image = await created({ disk_format: "raw", container_format: "bare", ...fields });
  expect(await putData(image.id, { body: "data" })).toBe(204);
  return image;
}

test("deactivating withdraws the data from all but administrators, and reactivating gives it back", async () => {
  const image = await withData({ visibility: "community" });
  const readers = [member("p1"), member("p2"), admin()];
  const downloads = () => Promise.all(readers.map(async (as) => (await getData(image.id, { as })).status));
  expect(await act("deactivate", image)).toBe(204);
  expect((await shown(image)).status).toBe("deactivated");
  expect(await downloads()).toEqual([403, 403, 200]);
  expect(await act("reactivate", image)).toBe(204);
  expect((await shown(image)).status).toBe("active");
  expect(await downloads()).toEqual([200, 200, 200]);
});

test("what is so already is done, and moves nothing", async () => {
  const image = await withData();
  const before = await shown(image);
  expect(await act("reactivate", image)).toBe(204);
  expect(await shown(image)).toEqual(before);
  await act("deactivate", image);
  const { generation } = await rowOf(image);
  expect(await act("deactivate", image)).toBe(204);
  expect((await rowOf(image)).generation).toBe(generation);
});

interface Row {
  readonly status: string;
  readonly generation: number;
  readonly updated_at: number;
}

const rowOf = async (image: { id: string }): Promise<Row> => {
  const row = await env.DB.prepare("SELECT status, generation, updated_at FROM images WHERE id = ?")
    .bind(image.id)
    .first<Row>();
  if (!row) throw new Error("it is there");
  return row;
};

test("each moves updated_at", async () => {
  const image = await withData();
  const times = [];
  for (const event of ["deactivate", "reactivate"] as const) {
    await env.DB.prepare("UPDATE images SET updated_at = 5 WHERE id = ?").bind(image.id).run();
    await act(event, image);
    times.push((await rowOf(image)).updated_at > 5);
  }
  expect(times).toEqual([true, true]);
});

test("a deactivated image is patched, tagged and deleted as any other, and takes no upload", async () => {
  const image = await withData();
  await act("deactivate", image);
  expect(await putData(image.id, { body: "other" })).toBe(409);
  expect((await ask("PUT", `/v2/images/${image.id}/tags/x`)).status).toBe(204);
  expect((await shown(image)).status).toBe("deactivated");
  expect((await ask("DELETE", `/v2/images/${image.id}`)).status).toBe(204);
});

test.each(["queued", "saving", "uploading", "importing", "killed"])(
  "an image that is %s can be neither",
  async (status) => {
    const image = await created();
    await env.DB.prepare("UPDATE images SET status = ? WHERE id = ?").bind(status, image.id).run();
    expect([await act("deactivate", image), await act("reactivate", image)]).toEqual([403, 403]);
  },
);

describe("who may", () => {
  test.each<[string, Persona, string, number]>([
    ["its owner", member("p1"), "private", 204],
    ["a reader of its owner", reader("p1"), "private", 403],
    ["its owner without a role", stranger("p1"), "private", 404],
    ["an administrator", admin(), "private", 204],
    ["another project, of a private image", member("p2"), "private", 404],
    ["another project, of a community image", member("p2"), "community", 403],
  ])("%s", async (_who, as, visibility, expected) => {
    const image = await withData({ visibility });
    expect([await act("deactivate", image, as), await act("reactivate", image, as)]).toEqual([
      expected,
      expected,
    ]);
  });
});

test("a body is refused with 400 before the image is looked up, and no image is 404", async () => {
  expect(await act("deactivate", { id: "no-such-image" }, undefined, "{}")).toBe(400);
  expect(await act("reactivate", { id: "no-such-image" }, undefined, "{}")).toBe(400);
  expect(await act("deactivate", { id: "no-such-image" })).toBe(404);
});

test("of calls at the same time none fails, and the image is in one of the two statuses", async () => {
  const image = await withData();
  const events = Array.from({ length: 8 }, (_, at): Event => (at % 2 ? "reactivate" : "deactivate"));
  const statuses = await Promise.all(events.map((event) => act(event, image)));
  expect(statuses).toEqual(Array(8).fill(204));
  expect(["active", "deactivated"]).toContain((await shown(image)).status);
});

test("a call that was decided on an older status is refused by the image's object", async () => {
  const image = await withData();
  const { generation } = await rowOf(image);
  const seen = { status: "active" as const, generation };
  const coordinator = coordinatorOf(env as never, image.id);
  expect(await coordinator.setActive("deactivate", seen)).toEqual({ ok: true });
  expect(await coordinator.setActive("deactivate", seen)).toMatchObject({ kind: "illegalTransition" });
  await ask("DELETE", `/v2/images/${image.id}`);
  expect(await coordinator.setActive("reactivate", seen)).toMatchObject({ ok: false });
});

test.each(["before", "after"])(
  "a call that a crash cut off %s its commit is finished, then the next one",
  async (when) => {
    const image = await withData();
    const { generation } = await rowOf(image);
    const coordinator = coordinatorOf(env as never, image.id);
    const cut = {
      imageId: image.id,
      event: "deactivate",
      from: "active",
      to: "deactivated",
      generation,
      at: 1,
    };
    await runInDurableObject(coordinator, (_: ImageCoordinator, state) => {
      state.storage.sql.exec("INSERT INTO intent VALUES (1, ?)", JSON.stringify(cut));
    });
    if (when === "after") await commitTransition(env.DB, cut as Transition);
    await evictDurableObject(coordinator);
    expect(await act("deactivate", image)).toBe(204);
    expect(await rowOf(image)).toMatchObject({ status: "deactivated", generation: generation + 1 });
    expect(await act("reactivate", image)).toBe(204);
    expect(await rowOf(image)).toMatchObject({ status: "active", generation: generation + 2 });
  },
);

test.each(["GET", "HEAD", "PUT", "DELETE"])(
  "%s of an action answers 405, an unknown action 404",
  async (method) => {
    const answer = await ask(method, "/v2/images/some-id/actions/deactivate");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await ask(method, "/v2/images/some-id/actions/explode")).status).toBe(404);
  },
);
