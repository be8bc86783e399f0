import { describe, expect, test } from "vitest";
import { admin, ask, member, type Persona, patched } from "../../test/support/catalogue.ts";
import { countedUsage, recountedUsage, usageOf } from "../../test/support/usage.ts";

const post = (as: Persona, QUOTAS: unknown, body: Record<string, unknown> = {}) =>
  ask("POST", "/v2/images", { as, body, env: { QUOTAS } });

describe("the number of a project's images", () => {
  test("is refused to be exceeded, and a deleted image makes room", async () => {
    const [as, quotas] = [member("count"), { imageCountTotal: 2 }];
    const first = await post(as, quotas, { tags: ["a"], os_distro: "debian" });
    expect([first.status, (await post(as, quotas)).status]).toEqual([201, 201]);
    const refused = await post(as, quotas, { tags: ["a"], os_distro: "debian" });
    expect(refused.status).toBe(413);
    expect(refused.body.message).toContain("Project count may have 2 images");
    await ask("DELETE", `/v2/images/${first.body.id}`, { as });
    expect((await post(as, quotas)).status).toBe(201);
  });

  test("is never exceeded by requests at the same time, of which exactly as many succeed as there is room for", async () => {
    const as = member("crowd");
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(as, { imageCountTotal: 7 }, { tags: ["t"] })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(7).fill(201), ...Array(13).fill(413)]);
    expect(await usageOf("crowd")).toMatchObject({ images: 7 });
  });

  test("counts for the owner, not for the administrator who makes the image", async () => {
    const quotas = { projects: [{ id: "owner", imageCountTotal: 1 }] };
    expect((await post(admin(), quotas, { owner: "owner" })).status).toBe(201);
    expect((await post(admin(), quotas, { owner: "owner" })).status).toBe(413);
    expect((await post(admin(), quotas)).status).toBe(201);
    expect((await post(admin(), quotas, { owner: null })).status).toBe(201);
  });

  test("leaves the image alone that has the id already", async () => {
    const as = member("taken");
    const { id } = (await post(as, undefined, { tags: ["mine"] })).body;
    const again = await post(as, { imageCountTotal: 1 }, { id, tags: ["other"], os_distro: "other" });
    expect(again.status).toBe(413);
    const { body } = await ask("GET", `/v2/images/${id}`, { as });
    expect(body.tags).toEqual(["mine"]);
    expect(body).not.toHaveProperty("os_distro");
  });

  test("of a project without room is 0, and -1 is no limit over one for all", async () => {
    expect((await post(member("none"), { imageCountTotal: 0 })).status).toBe(413);
    const own = { imageCountTotal: 0, projects: [{ id: "free", imageCountTotal: -1 }] };
    expect((await post(member("free"), own)).status).toBe(201);
  });

  test("goes with an image that an administrator gives to another project", async () => {
    const { id } = (await post(member("giver"), undefined)).body;
    const given = await patched(id, [{ op: "replace", path: "/owner", value: "taker" }], { as: admin() });
    expect(given.status).toBe(200);
    expect([await usageOf("giver"), await usageOf("taker")]).toMatchObject([{ images: 0 }, { images: 1 }]);
  });
});

describe("GET /v2/info/usage", () => {
  const usage = async (as: Persona, QUOTAS: unknown) =>
    (await ask("GET", "/v2/info/usage", { as, env: { QUOTAS } })).body;

  test("tells usage and limit of the caller's project", async () => {
    const as = member("telling");
    await post(as, undefined);
    expect(await usage(as, { imageCountTotal: 5, projects: [{ id: "telling", imageSizeTotal: 9 }] })).toEqual(
      {
        usage: {
          image_size_total: { usage: 0, limit: 9 },
          image_stage_total: { usage: 0, limit: -1 },
          image_count_total: { usage: 1, limit: 5 },
          image_count_uploading: { usage: 0, limit: -1 },
        },
      },
    );
    const idle = await usage(member("idle"), { imageCountTotal: 5 });
    expect(idle.usage.image_count_total).toEqual({ usage: 0, limit: 5 });
  });

  test.each([[{}], [{ imageCountTotal: -1 }], [{ userStorageQuota: "1GB" }]])(
    "is empty where unified limits are off: %j",
    async (quotas) => {
      expect(await usage(member("telling"), quotas)).toEqual({ usage: {} });
    },
  );
});

test("after all of this the counters are what a recount finds", async () => {
  expect(await countedUsage()).toEqual(await recountedUsage());
});
