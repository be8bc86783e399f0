import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  type Answer,
  admin,
  ask,
  created,
  member,
  type Persona,
  reader,
  stranger,
  tokenOf,
} from "../../test/support/catalogue.ts";
import { digestsOf } from "../../test/support/digests.ts";
import { getData, putData } from "../../test/support/image-data.ts";
import { imageRow, locationRows } from "../../test/support/images.ts";
import { bytesOf } from "../../test/support/streams.ts";
import { usageOf } from "../../test/support/usage.ts";
import { aWebServer, taskEnds, WEB } from "../../test/support/web-server.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";

const ABSENT = "7f3c0000-0000-4000-8000-000000000000";
const web = aWebServer();

const newImage = async (fields: Record<string, unknown> = {}): Promise<string> =>
  (await created({ disk_format: "raw", container_format: "bare", ...fields })).id;

const serviceToken = async () => ({ "x-service-token": await tokenOf(stranger("service")) });

const add = (
  id: string,
  body: unknown,
  as?: Persona,
  headers: Record<string, string> = {},
): Promise<Answer> => ask("POST", `/v2/images/${id}/locations`, { body, headers, ...(as ? { as } : {}) });

/** The one task of an image. */
async function taskOf(id: string) {
  const { body } = await ask("GET", `/v2/images/${id}/tasks`, { as: admin() });
  expect(body.tasks).toHaveLength(1);
  return body.tasks[0];
}

const sha512 = async (size: number) => (await digestsOf(bytesOf(size), "sha512")).hashValue;
const claim = (value: string, algo = "sha512") => ({ os_hash_algo: algo, os_hash_value: value });
const ANY_SHA512 = "a".repeat(128);

describe("before anything is looked up, 400", () => {
  test.each<[string, unknown]>([
    ["no body", ""],
    ["text that is not JSON", "x"],
    ["a list", []],
    ["no url", {}],
    ["a url that is a number", { url: 1 }],
    ["an empty url", { url: "" }],
    ["a url of 256 characters", { url: `http://x/${"a".repeat(247)}` }],
    ["validation_data that are null", { url: "http://x/", validation_data: null }],
    ["validation_data that are text", { url: "http://x/", validation_data: "x" }],
    ["a hash without its algorithm", { url: "http://x/", validation_data: { os_hash_value: "aa" } }],
    ["an algorithm alone", { url: "http://x/", validation_data: { os_hash_algo: "sha512" } }],
    ["an algorithm there is not", { url: "http://x/", validation_data: claim(ANY_SHA512, "sha384") }],
    ["a hash that is no text", { url: "http://x/", validation_data: { ...claim(""), os_hash_value: 1 } }],
    ["another key", { url: "http://x/", validation_data: { ...claim(ANY_SHA512), checksum: "x" } }],
    ["a store beside a hash", { url: "http://x/", validation_data: { ...claim(ANY_SHA512), store: "x" } }],
    ["a hash that is not hexadecimal", { url: "http://x/", validation_data: claim("x".repeat(128)) }],
    ["a store that is no text", { url: "http://x/", validation_data: { store: ["x"] } }],
    ["a store of 256 characters", { url: "http://x/", validation_data: { store: "x".repeat(256) } }],
  ])("for %s", async (_what, body) => {
    expect((await add(ABSENT, body)).status).toBe(400);
  });
});

describe("then, in this order", () => {
  const good = { url: `${WEB}/x` };

  test("404 for an image that there is not, or that is hidden", async () => {
    expect((await add(ABSENT, good)).status).toBe(404);
    expect((await add(await newImage(), good, member("p2"))).status).toBe(404);
  });

  test("409 for an image that is not queued, whoever asks", async () => {
    const id = await newImage();
    expect(await putData(id, { body: "x" })).toBe(204);
    expect((await add(id, good)).status).toBe(409);
    expect((await add(id, good, reader("p1"))).status).toBe(409);
  });

  test("403 for a reader, and for a member of another project", async () => {
    expect((await add(await newImage(), good, reader("p1"))).status).toBe(403);
    const shared = await newImage({ visibility: "community" });
    expect((await add(shared, good, member("p2"))).status).toBe(403);
  });

  test.each(["r2://glimpse-images/x", "file:///etc/passwd", "memory://file/x"])(
    "403 for %s from whoever is no service, 202 from a service",
    async (url) => {
      const id = await newImage();
      expect((await add(id, { url, validation_data: claim("aa") })).status).toBe(403);
      expect((await add(id, { url }, member("p1"), await serviceToken())).status).toBe(202);
    },
  );

  test.each(["rbd://fsid/images/x/snap", "cinder://fast/x", "nonsense"])(
    "403 for %s from anybody: no store here reads it, and Nova uploads instead",
    async (url) => {
      const id = await newImage();
      expect((await add(id, { url }, member("p1"), await serviceToken())).status).toBe(403);
      expect((await add(id, { url }, admin())).status).toBe(403);
    },
  );

  test("403 for http from whoever is no service where no store reads it", async () => {
    const id = await newImage();
    const asked = { body: good, env: { STORES: [{ id: "file", type: "memory" }] } };
    expect((await ask("POST", `/v2/images/${id}/locations`, asked)).status).toBe(403);
  });

  test("400 for a hash that is not as long as its algorithm's", async () => {
    const id = await newImage();
    for (const data of [claim("aa"), claim(ANY_SHA512, "sha256"), claim("a".repeat(31), "md5")])
      expect((await add(id, { ...good, validation_data: data })).status).toBe(400);
  });

  test("409 while another is under way, and of two at once one", async () => {
    const id = await newImage();
    const good = { url: `${WEB}/held` };
    web.origin.answers.set(good.url, () => new Promise(() => {}));
    const answers = await Promise.all([add(id, good), add(id, good)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect((await add(id, good)).status).toBe(409);
    await taskOf(id);
  });
});

test("the answer is empty, and the task says who asked for what", async () => {
  const id = await newImage();
  const url = `${WEB}/held`;
  const body = { url, validation_data: { store: "cinder" }, more: [1] };
  const answer = await add(id, body, member("p1"), { "x-openstack-request-id": "req-of-mine" });
  expect([answer.status, answer.body]).toEqual([202, ""]);
  expect(await taskOf(id)).toMatchObject({
    ...{ type: "location_import", owner: "p1", user_id: "member-of-p1", message: "" },
    ...{ request_id: "req-of-mine", image_id: id, expires_at: null, deleted: false, deleted_at: null },
    ...{ result: null, input: { image_id: id, loc_url: url, validation_data: { store: "cinder" } } },
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
  });
});

describe("with hashing, as is the default", () => {
  test("a hash that is right makes the image active with it and the md5", async () => {
    const id = await newImage();
    const url = web.keep(100_000);
    const { checksum, hashValue } = await digestsOf(bytesOf(100_000), "sha256");
    const data = claim(hashValue.toUpperCase(), "sha256");
    expect((await add(id, { url, validation_data: data })).status).toBe(202);
    await taskEnds(id);
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({
      ...{ status: "active", size: 100_000, virtual_size: null, stores: "web" },
      ...{ checksum, os_hash_algo: "sha256", os_hash_value: hashValue },
    });
    expect(await taskOf(id)).toMatchObject({ status: "success", message: "" });
    const { text } = await getData(id, { headers: { range: "bytes=0-3" } });
    expect(text).toHaveLength(4);
  });

  test("a hash that is wrong leaves it queued without any; the location stays to be seen", async () => {
    const id = await newImage();
    const url = web.keep(9);
    await add(id, { url, validation_data: claim(ANY_SHA512) });
    await taskEnds(id);
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({
      ...{ status: "queued", size: null, stores: "web" },
      ...{ checksum: null, os_hash_algo: null, os_hash_value: null },
    });
    expect(await taskOf(id)).toMatchObject({ status: "failure", message: expect.stringContaining("hash") });
    expect((await getData(id)).status).toBe(204);
  });

  test("what a failure left there goes with the next data, and nobody reads it", async () => {
    const id = await newImage();
    await add(id, { url: web.keep(9), validation_data: claim(ANY_SHA512) });
    await taskEnds(id);
    expect(await putData(id, { body: "123456789" })).toBe(204);
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({ status: "active", stores: "file" });
    expect((await getData(id)).text).toBe("123456789");
  });

  test("what a failure left there is not read while other data comes, nor counted", async () => {
    const owner = `left-${crypto.randomUUID()}`;
    const { id } = await created({ disk_format: "raw", container_format: "bare", owner }, admin());
    await add(id, { url: web.keep(9), validation_data: claim(ANY_SHA512) }, admin());
    await taskEnds(id);
    const { generation } = await imageRow(id);
    const begun = await coordinatorOf(env, id).beginUpload({
      ...{ store: "file", announcedSize: 9, seen: { status: "queued", generation } },
      reserve: { most: { images: null, uploading: null, bytes: null }, size: 9, step: 0 },
    });
    expect(begun.ok).toBe(true);
    expect(await imageRow(id)).toMatchObject({ status: "saving", size: 9 });
    expect((await getData(id, { as: admin() })).status).toBe(204);
    expect(await usageOf(owner)).toMatchObject({ bytes: 0, reserved_bytes: 9 });
  });

  test("a location of another store goes with the failure, and its bytes stay", async () => {
    const id = await newImage();
    const key = crypto.randomUUID();
    await env.IMAGES.put(key, "123456789");
    const url = `r2://glimpse-images/${key}`;
    await add(id, { url, validation_data: claim(ANY_SHA512) }, member("p1"), await serviceToken());
    await taskEnds(id);
    expect(await imageRow(id)).toMatchObject({ status: "queued" });
    expect(await locationRows(id)).toEqual([]);
    expect(await env.IMAGES.head(key)).not.toBeNull();
  });

  test("without a hash it is active at once and gets its own", async () => {
    const id = await newImage();
    await add(id, { url: web.keep(9), validation_data: {} });
    await taskEnds(id);
    const { checksum, hashValue } = await digestsOf(bytesOf(9), "sha512");
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({
      ...{ status: "active", size: 9, checksum, os_hash_algo: "sha512", os_hash_value: hashValue },
    });
    expect(await taskOf(id)).toMatchObject({ status: "success" });
  });

  test("an empty image, too", async () => {
    const id = await newImage();
    await add(id, { url: web.keep(0), validation_data: claim(await sha512(0)) });
    await taskEnds(id);
    expect(await imageRow(id)).toMatchObject({ status: "active", size: 0 });
  });
});

describe("the task fails, and the image stays queued with nothing recorded, where", () => {
  test.each<[string, string]>([
    ["the URL is one of a file", "file:///etc/passwd"],
    ["the URL is one of a file by its other name", "FileSystem:///etc/passwd"],
    ["the URL names a secret of the settings", "swift+config://ref/c/o"],
    ["the URL is no URL", "https://"],
    ["there is nothing", `${WEB}/nothing`],
    ["the host is not public", "http://169.254.169.254/latest/meta-data"],
    ["there is a password in the URL", "https://user:secret@images.example.org/x"],
    ["there is a password in a URL that is not quite one", "http:/user:secret@images.example.org/x"],
    ["there is one in a URL with a backslash", "http:\\\\user:secret@images.example.org/x"],
    ["there is one after too many slashes", "http:///user:secret@images.example.org/x"],
    ["another bucket is named", "r2://another/x"],
  ])("%s", async (_what, url) => {
    const id = await newImage();
    expect((await add(id, { url }, member("p1"), await serviceToken())).status).toBe(202);
    await taskEnds(id);
    const task = await taskOf(id);
    expect(task).toMatchObject({ status: "failure", message: expect.stringMatching(/^[^:]+\.$/) });
    expect(JSON.stringify(task)).not.toContain("secret@");
    expect(await imageRow(id)).toMatchObject({ status: "queued", size: null });
    expect(await locationRows(id)).toEqual([]);
    expect((await add(id, { url: web.keep(9) })).status).toBe(202);
  });

  test("the formats are missing", async () => {
    const { id } = await created();
    await add(id, { url: web.keep(9) });
    await taskEnds(id);
    expect(await taskOf(id)).toMatchObject({
      status: "failure",
      message: expect.stringContaining("disk_format"),
    });
    expect(await imageRow(id)).toMatchObject({ status: "queued", size: null });
  });

  test("somebody uploads meanwhile", async () => {
    const id = await newImage();
    const url = web.keep(9);
    const reached = Promise.withResolvers<void>();
    const held = Promise.withResolvers<Response>();
    web.origin.answers.set(url, () => {
      reached.resolve();
      return held.promise;
    });
    await add(id, { url });
    await reached.promise;
    expect(await putData(id, { body: "mine" })).toBe(204);
    held.resolve(new Response(null, { headers: { "content-length": "9" } }));
    expect(await taskEnds(id)).toBe("failure");
    expect((await getData(id)).text).toBe("mine");
  });
});

test("a deleted image's task fails and keeps its record", async () => {
  const id = await newImage();
  await add(id, { url: `${WEB}/held` });
  const { id: task } = await taskOf(id);
  expect((await ask("DELETE", `/v2/images/${id}`)).status).toBe(204);
  const { body } = await ask("GET", `/v2/tasks/${task}`, { as: admin() });
  expect(body).toMatchObject({ status: "failure", message: expect.stringContaining("deleted") });
  expect(await imageRow(id)).toMatchObject({ status: "deleted" });
});

describe("GET", () => {
  const given = async () => {
    const id = await newImage();
    const url = web.keep(9);
    await add(id, { url });
    await taskEnds(id);
    return { id, url };
  };
  const get = (id: string, as: Persona, headers = {}) =>
    ask("GET", `/v2/images/${id}/locations`, { as, headers });

  test("tells a service and an administrator, as a bare list", async () => {
    const { id, url } = await given();
    const locations = [{ url, metadata: { store: "web" } }];
    expect((await get(id, admin())).body).toEqual(locations);
    expect((await get(id, member("p1"), await serviceToken())).body).toEqual(locations);
    expect((await get(await newImage(), admin())).body).toEqual([]);
  });

  test("tells them of a deactivated image too", async () => {
    const { id, url } = await given();
    expect((await ask("POST", `/v2/images/${id}/actions/deactivate`, { as: admin() })).status).toBe(204);
    const locations = [{ url, metadata: { store: "web" } }];
    expect((await get(id, admin())).body).toEqual(locations);
    expect((await get(id, member("p1"), await serviceToken())).body).toEqual(locations);
  });

  test.each<[string, number, Persona]>([
    ["its owner", 403, member("p1")],
    ["a reader", 403, reader("p1")],
    ["another project", 404, member("p2")],
    ["a service that sees no images", 404, stranger("p1")],
  ])("tells %s nothing: %i", async (_who, status, as) => {
    expect((await get((await given()).id, as)).status).toBe(status);
  });

  test("of no image is a 404", async () => {
    expect((await get(ABSENT, admin())).status).toBe(404);
  });
});

test.each(["PUT", "PATCH", "DELETE", "HEAD"])("%s is a 405", async (method) => {
  const { status, headers } = await ask(method, `/v2/images/${ABSENT}/locations`);
  expect([status, headers.get("allow")]).toEqual([405, "GET, POST"]);
});
