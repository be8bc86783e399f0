import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { admin, ask, created, member, PATCH_TYPE, reader } from "../../test/support/catalogue.ts";
import { getData, keysOf, putData } from "../../test/support/image-data.ts";
import { locationRows } from "../../test/support/images.ts";
import { aWebServer } from "../../test/support/web-server.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";

const ABSENT = "7f3c0000-0000-4000-8000-000000000000";
const web = aWebServer();

/** An active image in the stores `file` and, so often as is said, `web`. */
async function copies(onWeb = 1): Promise<string> {
  const { id } = await created({ disk_format: "raw", container_format: "bare", visibility: "community" });
  expect(await putData(id, { body: "123456789" })).toBe(204);
  for (let n = 0; n < onWeb; n++) {
    const value = { url: web.keep(9), metadata: {} };
    const { status } = await ask("PATCH", `/v2/images/${id}`, {
      body: [{ op: "add", path: "/locations/-", value }],
      headers: { "content-type": PATCH_TYPE },
      env: { LOCATIONS: { showMultipleLocations: true } },
    });
    expect(status).toBe(200);
  }
  return id;
}

const remove = (store: string, id: string, as = admin()) =>
  ask("DELETE", `/v2/stores/${store}/${id}`, { as });

const settle = (id: string) =>
  vi.waitFor(async () => {
    await runDurableObjectAlarm(coordinatorOf(env, id));
    expect((await locationRows(id)).filter(({ status }) => status === "pending_delete")).toEqual([]);
  });

test("the copy of one store goes with its bytes, and the image is read from the other", async () => {
  const id = await copies();
  expect(await remove("file", id)).toMatchObject({ status: 204, body: "" });
  expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({ status: "active", stores: "web" });
  await settle(id);
  expect(await keysOf(id)).toEqual([]);
  expect((await getData(id)).text).toHaveLength(9);
});

test("bytes that are gone already are no reason to refuse", async () => {
  const id = await copies();
  await env.IMAGES.delete(id);
  expect((await remove("file", id)).status).toBe(204);
});

test("a copy on a web server is forgotten, the older of two", async () => {
  const id = await copies(2);
  const [, , second] = await locationRows(id);
  expect((await remove("web", id)).status).toBe(204);
  await settle(id);
  expect((await locationRows(id)).map(({ url }) => url)).toEqual([expect.any(String), second?.url]);
  expect(web.origin.asked.filter(({ method }) => method === "DELETE")).toEqual([]);
});

describe("in this order", () => {
  test("409 for a store that there is not, whoever asks for whatever", async () => {
    expect((await remove("nope", ABSENT)).status).toBe(409);
    expect((await remove("nope", await copies(), reader("p2"))).status).toBe(409);
  });

  test("404 for an image that is not there, or hidden", async () => {
    expect((await remove("file", ABSENT)).status).toBe(404);
    const { id } = await created();
    expect((await remove("file", id, member("p2"))).status).toBe(404);
  });

  test("403 for whoever is no administrator, its owner included", async () => {
    const { id } = await created();
    expect((await remove("file", id, member("p1"))).status).toBe(403);
    expect((await remove("file", await copies(), member("p2"))).status).toBe(403);
  });

  test("409 for an image that is not active", async () => {
    const { id } = await created();
    expect((await remove("file", id)).status).toBe(409);
  });

  test("403 for the only copy, wherever that is", async () => {
    const id = await copies(0);
    expect((await remove("file", id)).status).toBe(403);
    expect((await remove("r2", id)).status).toBe(403);
  });

  test("404 for a store that has no copy of it", async () => {
    expect((await remove("r2", await copies())).status).toBe(404);
  });
});

test("of two that are removed at once, one stays", async () => {
  const id = await copies();
  const answers = await Promise.all([remove("file", id), remove("web", id)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 403]);
});

test("a body is a 400, another method a 405", async () => {
  const id = await copies();
  expect((await ask("DELETE", `/v2/stores/file/${id}`, { as: admin(), body: "x" })).status).toBe(400);
  const { status, headers } = await ask("GET", `/v2/stores/file/${id}`, { as: admin() });
  expect([status, headers.get("allow")]).toEqual([405, "DELETE"]);
});
