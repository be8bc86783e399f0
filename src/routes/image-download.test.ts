import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { admin, created, member, type Persona, reader } from "../../test/support/catalogue.ts";
import { getData, putData } from "../../test/support/image-data.ts";
import { givenImage } from "../../test/support/images.ts";
import type { Status } from "../domain/status.ts";
import { MemoryStore } from "../stores/memory.ts";

const ABSENT = "7f3c0000-0000-4000-8000-000000000000";
const NINE = "ABCDEFGHI";
const MD5_OF_NINE = "6feb8ac01a4400a728b482d0506c4beb";

async function imageOf(data: string, store = "file", fields: Record<string, unknown> = {}): Promise<string> {
  const { id } = await created({ disk_format: "raw", container_format: "bare", ...fields });
  const status = await putData(id, { body: data, headers: { "x-image-meta-store": store } });
  if (status !== 204) throw new Error(`the upload answered ${status}`);
  return id;
}

const set = (id: string, column: string, value: string | null) =>
  env.DB.prepare(`UPDATE images SET ${column} = ? WHERE id = ?`).bind(value, id).run();

describe.each(["file", "r2"])("nine bytes in the store %s", (store) => {
  const image = imageOf(NINE, store);

  test("come whole, with their length, their md5 and a tag", async () => {
    const { status, headers, text } = await getData(await image);
    expect({ status, text }).toEqual({ status: 200, text: NINE });
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("content-length")).toBe("9");
    expect(headers.get("content-md5")).toBe(MD5_OF_NINE);
    expect(headers.get("accept-ranges")).toBe("bytes");
    expect(headers.get("content-range")).toBeNull();
    expect(headers.get("etag")).toMatch(/^"[0-9a-f]{128}"$/);
    expect(headers.get("cache-control")).toBe("private, no-store");
  });

  test.each([
    ["bytes=1-3", "BCD", "bytes 1-3/9"],
    ["bytes=0-", NINE, "bytes 0-8/9"],
    ["bytes=-3", "GHI", "bytes 6-8/9"],
    ["bytes=-100", NINE, "bytes 0-8/9"],
    ["bytes=4-100", "EFGHI", "bytes 4-8/9"],
    ["bytes=8-8", "I", "bytes 8-8/9"],
  ])("%s are %s", async (range, text, contentRange) => {
    const answer = await getData(await image, { headers: { range } });
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 206, text });
    expect(answer.headers.get("content-range")).toBe(contentRange);
    expect(answer.headers.get("content-length")).toBe(String(text.length));
    expect(answer.headers.get("content-md5")).toBe(MD5_OF_NINE);
  });

  test.each(["bytes=9-", "bytes=5-2", "bytes=x-y", "octets=1-2", "bytes=-0", "bytes", "9".repeat(3000)])(
    "%.20s is a 416",
    async (range) => {
      const { status, headers } = await getData(await image, { headers: { range } });
      expect(status).toBe(416);
      expect(headers.get("content-range")).toBe("bytes */9");
    },
  );

  test("several ranges are a 400", async () => {
    expect((await getData(await image, { headers: { range: "bytes=0-1,3-4" } })).status).toBe(400);
  });

  test.each([
    ["bytes 1-3/*", 206, "BCD"],
    ["bytes 1-3/9", 206, "BCD"],
    ["bytes 9-10/*", 416, undefined],
    ["bytes x-y/*", 416, undefined],
    ["nonsense", 416, undefined],
  ])("the Content-Range of a request, %s, is a range", async (range, status, text) => {
    const answer = await getData(await image, { headers: { "content-range": range } });
    expect(answer.status).toBe(status);
    if (text) expect(answer.text).toBe(text);
  });

  test("a Range goes before a Content-Range", async () => {
    const headers = { range: "bytes=0-0", "content-range": "bytes x-y/*" };
    expect(await getData(await image, { headers })).toMatchObject({ status: 206, text: "A" });
  });

  test("are not sent again to who has them", async () => {
    const tag = (await getData(await image)).headers.get("etag") ?? "";
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const answer = await getData(await image, { headers: { "if-none-match": known } });
      expect(answer).toMatchObject({ status: 304, text: "" });
      expect(answer.headers.get("etag")).toBe(tag);
    }
    expect((await getData(await image, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("come in part only to who has parts of the same", async () => {
    const tag = (await getData(await image)).headers.get("etag") ?? "";
    const id = await image;
    const part = (known: string) => getData(id, { headers: { range: "bytes=0-0", "if-range": known } });
    expect((await part(tag)).status).toBe(206);
    for (const other of ['"other"', `W/${tag}`, "Tue, 24 Nov 2026 00:00:00 GMT"])
      expect(await part(other)).toMatchObject({ status: 200, text: NINE });
  });
});

describe.each(["file", "r2"])("an empty image in the store %s", (store) => {
  const image = imageOf("", store);

  test("is a 200 without a byte and with the md5 of nothing", async () => {
    const { status, headers, text } = await getData(await image);
    expect({ status, text }).toEqual({ status: 200, text: "" });
    expect(headers.get("content-length")).toBe("0");
    expect(headers.get("content-md5")).toBe("d41d8cd98f00b204e9800998ecf8427e");
  });

  test.each(["bytes=0-", "bytes=0-0", "bytes=-1"])("has no %s", async (range) => {
    expect((await getData(await image, { headers: { range } })).status).toBe(416);
  });
});

describe("204 where there is nothing to read", () => {
  test.each<Status>(["queued", "saving", "uploading", "importing"])("an image that is %s", async (status) => {
    const answer = await getData(await givenImage({ status }), { headers: { range: "bytes=0-1" } });
    expect(answer).toMatchObject({ status: 204, text: "" });
  });

  test("an image whose object is gone from the store", async () => {
    const inR2 = await imageOf(NINE, "r2");
    await env.IMAGES.delete(inR2);
    expect(await getData(inR2)).toMatchObject({ status: 204, text: "" });
    expect((await getData(inR2, { headers: { range: "bytes=0-1" } })).status).toBe(204);
    const inMemory = await imageOf(NINE);
    const memory = new MemoryStore("file");
    await memory.delete(memory.locationOf(inMemory));
    expect((await getData(inMemory)).status).toBe(204);
  });
});

test("503 for an image in a store that is not configured any more", async () => {
  const id = await imageOf(NINE, "r2");
  const only = { STORES: [{ id: "file", type: "memory" }] };
  expect((await getData(id, { env: only })).status).toBe(503);
});

test("503 for an image whose object is shorter or longer than the image, whole and in part", async () => {
  const id = await imageOf(NINE, "r2");
  for (const other of ["ABC", `${NINE}J`]) {
    await env.IMAGES.put(id, other);
    for (const range of [undefined, "bytes=0-1", "bytes=2-5", "bytes=7-8"]) {
      const answer = await getData(id, range ? { headers: { range } } : {});
      expect(answer.status, `${other} ${range}`).toBe(503);
      expect(answer.headers.get("etag")).toBeNull();
    }
  }
});

describe("an image in two stores", () => {
  /** The other store's bytes are told apart by being turned round, which nobody checks on a read. */
  const TURNED = [...NINE].reverse().join("");
  async function inTwoStores(): Promise<string> {
    const id = await imageOf(NINE, "r2");
    const memory = new MemoryStore("file");
    const { location } = await memory.put(id, new Blob([TURNED]).stream());
    await env.DB.prepare(
      `INSERT INTO image_locations (image_id, url, store, metadata, status, created_at)
       VALUES (?, ?, 'file', '{}', 'active', 1)`,
    )
      .bind(id, location)
      .run();
    return id;
  }

  test("is read from the first, and from the next one where the first has lost some of it", async () => {
    const id = await inTwoStores();
    expect((await getData(id)).text).toBe(NINE);
    await env.IMAGES.put(id, "ABC");
    expect(await getData(id)).toMatchObject({ status: 200, text: TURNED });
    await env.IMAGES.delete(id);
    expect(await getData(id)).toMatchObject({ status: 200, text: TURNED });
  });

  test("is read from the one that weighs more, unless another is preferred", async () => {
    const id = await inTwoStores();
    const heavier = {
      STORES: [
        { id: "file", type: "memory", weight: 1 },
        { id: "r2", type: "r2" },
      ],
    };
    expect((await getData(id, { env: heavier })).text).toBe(TURNED);
    expect((await getData(id, { env: heavier, query: "?prefer=r2" })).text).toBe(NINE);
  });

  test("is read from the one that is preferred", async () => {
    const id = await inTwoStores();
    expect((await getData(id, { query: "?prefer=file" })).text).toBe(TURNED);
    expect((await getData(id, { query: "?prefer=file,%20r2" })).text).toBe(TURNED);
    expect((await getData(id, { query: "?prefer=r2,file" })).text).toBe(NINE);
    expect((await getData(await imageOf(NINE), { query: "?prefer=r2" })).text).toBe(NINE);
    for (const prefer of ["nowhere", "file,nowhere", "", "file,"])
      expect((await getData(id, { query: `?prefer=${prefer}` })).status, prefer).toBe(400);
  });
});

test("503 for an image whose store has moved away from its location", async () => {
  const id = await imageOf(NINE, "r2");
  await env.DB.prepare("UPDATE image_locations SET url = 'r2://another/' || image_id WHERE image_id = ?")
    .bind(id)
    .run();
  expect((await getData(id)).status).toBe(503);
});

test("an image without a checksum comes without Content-MD5", async () => {
  const id = await imageOf(NINE);
  await set(id, "checksum", null);
  const { headers, text } = await getData(id);
  expect(text).toBe(NINE);
  expect(headers.get("content-md5")).toBeNull();
});

describe("who may download", () => {
  const status = async (id: string, as: Persona) => (await getData(id, { as })).status;

  test("a member of the owning project, and an administrator; not one who may only read metadata", async () => {
    const id = await imageOf(NINE);
    expect(await status(id, member("p1"))).toBe(200);
    expect(await status(id, admin())).toBe(200);
    expect(await status(id, reader("p1"))).toBe(403);
  });

  test("others what is public or community, and nothing else", async () => {
    const id = await imageOf(NINE);
    for (const [visibility, expected] of [
      ["public", 200],
      ["community", 200],
      ["shared", 404],
      ["private", 404],
    ] as const) {
      await set(id, "visibility", visibility);
      expect(await status(id, member("p2")), visibility).toBe(expected);
    }
    await set(id, "visibility", "public");
    expect(await status(id, reader("p2"))).toBe(403);
    expect(await status(ABSENT, member("p2"))).toBe(404);
  });

  test("a project that the image is shared with, before it has accepted", async () => {
    const id = await imageOf(NINE);
    await env.DB.prepare(
      "INSERT INTO image_members (image_id, member, status, created_at, updated_at) VALUES (?, 'p3', 'pending', 0, 0)",
    )
      .bind(id)
      .run();
    expect(await status(id, member("p3"))).toBe(200);
  });

  test("an administrator what is deactivated, and nobody else", async () => {
    const id = await imageOf(NINE, "file", { visibility: "community" });
    await set(id, "status", "deactivated");
    expect(await status(id, admin())).toBe(200);
    expect(await status(id, member("p1"))).toBe(403);
    expect(await status(id, member("p2"))).toBe(403);
    expect(await status(id, reader("p1"))).toBe(403);
  });

  test("nobody without a token, range or not", async () => {
    const id = await imageOf(NINE);
    expect((await getData(id, { headers: { "x-auth-token": "" } })).status).toBe(401);
    expect((await getData(id, { headers: { "x-auth-token": "", "if-none-match": "*" } })).status).toBe(401);
  });
});

test.each(["HEAD", "POST", "DELETE", "PATCH", "OPTIONS"])(
  "%s is a 405 that names GET and PUT",
  async (method) => {
    const { status, headers } = await getData(await imageOf(NINE), {}, method);
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("GET, PUT");
  },
);
