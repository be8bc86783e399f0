import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { admin, ask, created, member, reader } from "../../test/support/catalogue.ts";
import { digestsOf } from "../../test/support/digests.ts";
import { keysOf, putData, unannounced } from "../../test/support/image-data.ts";
import { givenImage, imageRow, locationRows } from "../../test/support/images.ts";
import { bytesOf, heldStream } from "../../test/support/streams.ts";
import type { Status } from "../domain/status.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";

const ABSENT = "7f3c0000-0000-4000-8000-000000000000";
const MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e";

const newImage = async (fields: Record<string, unknown> = {}): Promise<string> =>
  (await created({ disk_format: "raw", container_format: "bare", ...fields })).id;

/** The alarm of the image's object, which removes bytes. */
const settle = (id: string) => runDurableObjectAlarm(coordinatorOf(env, id));

/** After any failure the image is queued as if nothing had been sent, and takes the next upload. */
async function expectUntouched(id: string): Promise<void> {
  await settle(id);
  expect(await imageRow(id)).toMatchObject({ status: "queued", size: null, checksum: null });
  expect(await keysOf(id)).toEqual([]);
  expect(await putData(id, { body: "second" })).toBe(204);
  expect(await imageRow(id)).toMatchObject({ status: "active", size: 6 });
}

describe.each(["file", "r2"])("an upload into the store %s", (store) => {
  test.each([
    ["a body of announced length", 3_000_001, (bytes: Uint8Array<ArrayBuffer>) => bytes],
    [
      "a body of unknown length",
      3_000_001,
      (bytes: Uint8Array<ArrayBuffer>) => unannounced(new Blob([bytes]).stream()),
    ],
    ["an empty body", 0, () => new Uint8Array()],
    ["no body at all", 0, () => null],
  ])("makes the image active with the size and hashes of %s", async (_name, size, bodyOf) => {
    const id = await newImage();
    const bytes = bytesOf(size);
    expect(await putData(id, { body: bodyOf(bytes), headers: { "x-image-meta-store": store } })).toBe(204);
    const { checksum, hashValue } = await digestsOf(bytes, "sha512");
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({
      ...{ status: "active", size, checksum, os_hash_algo: "sha512", os_hash_value: hashValue },
      ...{ virtual_size: null, stores: store },
    });
    expect(await keysOf(id)).toEqual([`${store}/${id}`]);
    const bucket = await env.IMAGES.get(id);
    expect(bucket && new Uint8Array(await bucket.arrayBuffer())).toEqual(store === "r2" ? bytes : null);
  });
});

test("an upload that names no store goes to the default one, wherever that stands", async () => {
  const { id } = await created({ disk_format: "raw", container_format: "bare" });
  const STORES = [
    { id: "file", type: "memory" },
    { id: "r2", type: "r2", default: true },
  ];
  expect(await putData(id, { body: "x", env: { STORES } })).toBe(204);
  expect(await keysOf(id)).toEqual([`r2/${id}`]);
});

test("an upload into a store that the settings have for reading is a 410 too", async () => {
  const { id } = await created({ disk_format: "raw", container_format: "bare" });
  const STORES = [
    { id: "r2", type: "r2" },
    { id: "file", type: "memory", readOnly: true },
  ];
  const headers = { "x-image-meta-store": "file" };
  expect(await putData(id, { body: "x", headers, env: { STORES } })).toBe(410);
  expect(await keysOf(id)).toEqual([]);
});

test("an upload into a store that is only read is a 410, and the image stays queued", async () => {
  const id = await newImage();
  expect(await putData(id, { body: "x", headers: { "x-image-meta-store": "web" } })).toBe(410);
  await expectUntouched(id);
});

test("an empty upload has the md5 of nothing, as Nova's volume snapshots need it", async () => {
  const id = await newImage();
  expect(await putData(id)).toBe(204);
  expect(await imageRow(id)).toMatchObject({ status: "active", size: 0, checksum: MD5_OF_NOTHING });
});

test("bytes go to the default store, at a location that names the image", async () => {
  const id = await newImage();
  expect(await putData(id, { body: "image" })).toBe(204);
  expect(await locationRows(id)).toEqual([{ url: `memory://file/${id}`, status: "active" }]);
});

test("the media type may have parameters, in any case of letters", async () => {
  const id = await newImage();
  const headers = { "content-type": "Application/Octet-Stream; charset=x" };
  expect(await putData(id, { body: "image", headers })).toBe(204);
});

describe("a refusal before anything is looked up", () => {
  test.each(["", "application/json", "text/plain", "application/octet-streams", "image/png"])(
    "415 for the media type %j",
    async (type) => {
      expect(await putData(ABSENT, { body: "image", headers: { "content-type": type } })).toBe(415);
    },
  );

  test.each(["x", "1.5", "1e3", "-1", "0x10", "1 2", "9".repeat(30), "9007199254740993", "5,5"])(
    "400 for the size %j",
    async (size) => {
      expect(await putData(ABSENT, { body: "image", headers: { "x-openstack-image-size": size } })).toBe(400);
    },
  );

  test.each(["nowhere", "File", "file,r2", "__proto__", "x".repeat(5000)])(
    "400 for a store that is none",
    async (store) => {
      expect(await putData(ABSENT, { body: "image", headers: { "x-image-meta-store": store } })).toBe(400);
    },
  );

  test("401 without a token, and with one that nobody gave out", async () => {
    for (const token of ["", "made up", "a.b.c", "~".repeat(20_000)])
      expect(await putData(await newImage(), { body: "image", headers: { "x-auth-token": token } })).toBe(
        401,
      );
  });
});

describe("who may upload", () => {
  const upload = (id: string, as: Parameters<typeof putData>[1]) => putData(id, { body: "image", ...as });

  test("404 for an image that is not there, and for one that the caller may not see", async () => {
    expect(await upload(ABSENT, {})).toBe(404);
    expect(await upload(await newImage(), { as: member("p2") })).toBe(404);
    const deleted = await newImage();
    await ask("DELETE", `/v2/images/${deleted}`);
    expect(await upload(deleted, {})).toBe(404);
  });

  test("403 for an image that the caller may see and not change", async () => {
    const id = await newImage();
    expect(await upload(id, { as: reader("p1") })).toBe(403);
    await env.DB.prepare("UPDATE images SET visibility = 'public' WHERE id = ?").bind(id).run();
    expect(await upload(id, { as: member("p2") })).toBe(403);
    await expectUntouched(id);
  });

  test("204 for an administrator of another project", async () => {
    expect(await upload(await newImage(), { as: admin() })).toBe(204);
  });
});

describe("409 for an image that is not queued", () => {
  test.each<Status>(["saving", "uploading", "importing", "active", "deactivated"])("%s", async (status) => {
    const id = await givenImage({ status });
    const before = await imageRow(id);
    expect(await putData(id, { body: "image" })).toBe(409);
    expect(await imageRow(id)).toEqual(before);
    expect(await keysOf(id)).toEqual([]);
  });

  test("also when what is announced is too large for any image", async () => {
    const headers = { "x-openstack-image-size": String(2 ** 52) };
    expect(await putData(await givenImage({ status: "active" }), { body: "image", headers })).toBe(409);
  });

  test("a second upload while one is under way, which goes on", async () => {
    const id = await newImage();
    const { body, reached, resume } = heldStream(bytesOf(2_000_000), bytesOf(1_000_000));
    const first = putData(id, { body: unannounced(body) });
    await reached;
    expect(await imageRow(id)).toMatchObject({ status: "saving", size: 0 });
    expect(await putData(id, { body: "image" })).toBe(409);
    resume();
    expect(await first).toBe(204);
    expect(await imageRow(id)).toMatchObject({ status: "active", size: 3_000_000 });
    expect(await keysOf(id)).toEqual([`file/${id}`]);
  });
});

test.each([
  ["disk_format", { disk_format: "raw", container_format: null }],
  ["container_format", { disk_format: null, container_format: "bare" }],
])("400 for an image that has only a %s", async (_name, formats) => {
  const id = await newImage(formats);
  expect(await putData(id, { body: "image" })).toBe(400);
  expect(await imageRow(id)).toMatchObject({ status: "queued", size: null });
  await env.DB.prepare("UPDATE images SET disk_format = 'raw', container_format = 'bare' WHERE id = ?")
    .bind(id)
    .run();
  await expectUntouched(id);
});

describe.each(["file", "r2"])("a body that is not what was announced, for the store %s", (store) => {
  test.each([
    ["less than announced", "image", "6"],
    ["more than announced", "image", "4"],
    ["bytes where none were announced", "image", "0"],
    ["nothing where some was announced", "", "1"],
  ])("400 for %s", async (_name, body, size) => {
    const id = await newImage();
    const headers = { "x-openstack-image-size": size, "x-image-meta-store": store };
    expect(await putData(id, { body: unannounced(body), headers })).toBe(400);
    await expectUntouched(id);
  });

  test("what X-OpenStack-Image-Size announces counts, whatever the length of the body says", async () => {
    const id = await newImage();
    const headers = { "x-image-meta-store": store };
    expect(await putData(id, { body: "image", headers: { ...headers, "x-openstack-image-size": "7" } })).toBe(
      400,
    );
    await expectUntouched(id);
    const other = await newImage();
    expect(
      await putData(other, { body: "image", headers: { ...headers, "x-openstack-image-size": " 5 " } }),
    ).toBe(204);
  });
});

test("an announced size shows while the upload is under way", async () => {
  const id = await newImage();
  const { body, reached, resume } = heldStream(bytesOf(2_000_000), bytesOf(1));
  const headers = { "x-openstack-image-size": "2000001" };
  const upload = putData(id, { body: unannounced(body), headers });
  await reached;
  expect(await imageRow(id)).toMatchObject({ status: "saving", size: 2_000_001 });
  resume();
  expect(await upload).toBe(204);
});

describe.each(["file", "r2"])("the size cap, for the store %s", (store) => {
  const capped = (body: BodyInit, headers: Record<string, string> = {}) => ({
    body,
    headers: { "x-image-meta-store": store, ...headers },
    env: { LIMITS: { imageSizeCapBytes: 10 } },
  });

  test("413 for a larger body that is announced", async () => {
    const id = await newImage();
    expect(await putData(id, capped("elevenbytes", { "x-openstack-image-size": "11" }))).toBe(413);
    await expectUntouched(id);
  });

  test("413 for a larger body of unknown length", async () => {
    const id = await newImage();
    expect(await putData(id, capped(unannounced("elevenbytes")))).toBe(413);
    await expectUntouched(id);
  });

  test("a body of just the cap is taken", async () => {
    expect(await putData(await newImage(), capped(unannounced("tenletters")))).toBe(204);
    expect(await putData(await newImage(), capped("tenletters", { "content-length": "10" }))).toBe(204);
  });
});

test("410 for an upload whose image is deleted meanwhile, and no byte remains", async () => {
  const id = await newImage();
  const { body, reached, resume } = heldStream(bytesOf(2_000_000), bytesOf(1_000_000));
  const upload = putData(id, { body: unannounced(body) });
  await reached;
  expect((await ask("DELETE", `/v2/images/${id}`)).status).toBe(204);
  resume();
  expect(await upload).toBe(410);
  await settle(id);
  expect(await keysOf(id)).toEqual([]);
  expect((await ask("GET", `/v2/images/${id}`)).status).toBe(404);
});

test("an upload of bytes that are somebody else's under the image's name leaves those alone", async () => {
  const id = await newImage();
  await env.IMAGES.put(id, "somebody else's");
  expect(await putData(id, { body: "image", headers: { "x-image-meta-store": "r2" } })).toBe(204);
  expect(await locationRows(id)).toEqual([{ url: `r2://glimpse-images/${id}.2`, status: "active" }]);
  expect(await (await env.IMAGES.get(id))?.text()).toBe("somebody else's");
});

test("an upload that loses its lease takes back what it may have written", async () => {
  const id = await newImage();
  const { body, reached } = heldStream(bytesOf(2_000_000), bytesOf(1));
  const upload = putData(id, {
    body: unannounced(body),
    headers: { "x-image-meta-store": "r2" },
    env: { TRANSFERS: { heartbeatSeconds: 0.05, stallSeconds: 1 } },
  });
  await reached;
  await env.IMAGES.put(id, "what a writer publishes that was already given up");
  await runInDurableObject(coordinatorOf(env, id), (_, { storage }) => {
    storage.sql.exec("UPDATE transfer SET expires_at = 1");
  });
  expect(await upload).toBe(409);
  await expectUntouched(id);
});
