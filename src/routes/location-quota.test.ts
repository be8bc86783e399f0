import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { admin, ask, created, member, PATCH_TYPE, type Persona } from "../../test/support/catalogue.ts";
import { imageRow } from "../../test/support/images.ts";
import { countedUsage, recountedUsage, usageOf } from "../../test/support/usage.ts";
import { aWebServer } from "../../test/support/web-server.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";

const web = aWebServer();
/** Its images may have 10 bytes (vitest.config.ts): the image's own object looks at its quota. */
const as = member("bounded");

const newImage = async (): Promise<string> =>
  (await created({ disk_format: "raw", container_format: "bare" }, as)).id;

const add = (url: string) => ({ op: "add", path: "/locations/-", value: { url, metadata: {} } });

const patch = (id: string, ...operations: unknown[]) => patchAs(as, id, ...operations);

const patchAs = (who: Persona, id: string, ...operations: unknown[]) =>
  ask("PATCH", `/v2/images/${id}`, {
    as: who,
    body: operations,
    headers: { "content-type": PATCH_TYPE },
    env: { LOCATIONS: { showMultipleLocations: true } },
  });

const bytesUsed = async () => (await usageOf("bounded")).bytes ?? 0;

const deleted = async (...ids: string[]) => {
  for (const id of ids) await ask("DELETE", `/v2/images/${id}`, { as });
  expect(await bytesUsed()).toBe(0);
};

test("a location counts the image's size, and one that does not fit is a 413 that changes nothing", async () => {
  const [first, second] = [await newImage(), await newImage()];
  expect((await patch(first, add(web.keep(6)))).status).toBe(200);
  expect(await usageOf("bounded")).toMatchObject({ bytes: 6, reserved_bytes: 0 });
  const name = { op: "replace", path: "/name", value: "other" };
  expect((await patch(second, name, add(web.keep(6)))).status).toBe(413);
  expect((await ask("GET", `/v2/images/${second}`, { as })).body).toMatchObject({
    status: "queued",
    name: null,
  });
  expect((await patch(first, add(web.keep(6)))).status).toBe(413);
  expect((await patch(second, add(web.keep(4)))).status).toBe(200);
  expect(await usageOf("bounded")).toMatchObject({ bytes: 10, reserved_bytes: 0 });
  await deleted(first, second);
});

test("a copy is moved where there is no room for another", async () => {
  const id = await newImage();
  expect((await patch(id, add(web.keep(6)))).status).toBe(200);
  expect((await patchAs(admin(), id, add(web.keep(6)), { op: "remove", path: "/locations/0" })).status).toBe(
    200,
  );
  expect(await bytesUsed()).toBe(6);
  await deleted(id);
});

test("locations that are added at the same time never exceed the quota together", async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, newImage));
  const answers = await Promise.all(ids.map((id) => patch(id, add(web.keep(4)))));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 413, 413, 413, 413]);
  expect(await usageOf("bounded")).toMatchObject({ bytes: 8, reserved_bytes: 0, uploading: 0 });
  await deleted(...ids);
});

test("POST of a location that does not fit leaves the image queued, and its task says why", async () => {
  const [first, second] = [await newImage(), await newImage()];
  expect((await patch(first, add(web.keep(6)))).status).toBe(200);
  const body = { url: web.keep(6) };
  expect((await ask("POST", `/v2/images/${second}/locations`, { as, body })).status).toBe(202);
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(coordinatorOf(env, second));
    const { body: tasks } = await ask("GET", `/v2/images/${second}/tasks`, { as });
    expect(tasks.tasks[0]).toMatchObject({
      status: "failure",
      message: expect.stringContaining("10 bytes in all"),
    });
  });
  expect(await imageRow(second)).toMatchObject({ status: "queued" });
  await deleted(first, second);
});

describe("of images whose data is verified", () => {
  const who = member("busy");
  const verifying = async (url: string, imageCountUploading: number): Promise<string> => {
    const { id } = await created({ disk_format: "raw", container_format: "bare" }, who);
    const body = { url, validation_data: { os_hash_algo: "md5", os_hash_value: "a".repeat(32) } };
    const settings = { QUOTAS: { imageCountUploading } };
    const asked = { as: who, body, env: settings };
    expect((await ask("POST", `/v2/images/${id}/locations`, asked)).status).toBe(202);
    return id;
  };
  const failures = async (ids: readonly string[]): Promise<string[]> => {
    const tasks = await Promise.all(ids.map((id) => ask("GET", `/v2/images/${id}/tasks`, { as: who })));
    return tasks.flatMap(({ body }) => (body.tasks[0].status === "failure" ? [body.tasks[0].message] : []));
  };

  test("there are at most as many at the same time as may be written", async () => {
    const url = web.keep(9);
    web.origin.answers.set(url, (request) =>
      request.method === "HEAD"
        ? new Response(null, { headers: { "content-length": "9" } })
        : new Promise(() => {}),
    );
    const ids = await Promise.all([2, 2, 2, 2].map((most) => verifying(url, most)));
    const over = expect.stringContaining("may write 2 images at a time");
    await vi.waitFor(async () => expect(await failures(ids)).toEqual([over, over]));
    expect(await usageOf("busy")).toMatchObject({ uploading: 2, reserved_bytes: 0 });
    for (const id of ids) expect((await ask("DELETE", `/v2/images/${id}`, { as: who })).status).toBe(204);
  });

  test.each([9, 0])("none of %i bytes is where none may be written", async (size) => {
    const id = await verifying(web.keep(size), 0);
    const over = expect.stringContaining("may write 0 images at a time");
    await vi.waitFor(async () => expect(await failures([id])).toEqual([over]));
    expect(await imageRow(id)).toMatchObject({ status: "queued", size: null });
  });
});

test("after all of this the counters are what a recount finds", async () => {
  expect(await countedUsage()).toEqual(await recountedUsage());
});
