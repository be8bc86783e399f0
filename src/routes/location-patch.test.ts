import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import {
  admin,
  ask,
  created,
  member,
  PATCH_TYPE,
  type Persona,
  reader,
  stranger,
  tokenOf,
} from "../../test/support/catalogue.ts";
import { digestsOf } from "../../test/support/digests.ts";
import { getData, keysOf, putData } from "../../test/support/image-data.ts";
import { imageRow, locationRows } from "../../test/support/images.ts";
import { bytesOf } from "../../test/support/streams.ts";
import { aWebServer, taskEnds, WEB } from "../../test/support/web-server.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";

const web = aWebServer();
const SHOWN = { LOCATIONS: { showMultipleLocations: true, showImageDirectUrl: true } };

const newImage = async (fields: Record<string, unknown> = {}): Promise<string> =>
  (await created({ disk_format: "raw", container_format: "bare", ...fields })).id;

const patch = (id: string, operations: unknown, as: Persona = member("p1"), more: object = {}) =>
  ask("PATCH", `/v2/images/${id}`, {
    as,
    body: operations,
    headers: { "content-type": PATCH_TYPE },
    env: { ...SHOWN, ...more },
  });

const add = (url: string, more: object = {}, at = "-") => ({
  ...{ op: "add", path: `/locations/${at}` },
  value: { url, metadata: {}, ...more },
});
const replace = (...value: unknown[]) => ({ op: "replace", path: "/locations", value });
const remove = (at: string) => ({ op: "remove", path: `/locations/${at}` });
const hash = (value: string, algo = "sha512") => ({ os_hash_algo: algo, os_hash_value: value });
const claim = (data: object) => ({ validation_data: data });
const A512 = "a".repeat(128);

/** An active image with a copy in each of these: `file`, `r2`, or web servers by their URLs. */
async function active(...urls: string[]): Promise<string> {
  const id = await newImage();
  expect(await putData(id, { body: bytesOf(9) })).toBe(204);
  for (const url of urls) expect((await patch(id, [add(url)])).status).toBe(200);
  return id;
}

const settle = (id: string) =>
  vi.waitFor(async () => {
    await runDurableObjectAlarm(coordinatorOf(env, id));
    expect((await locationRows(id)).filter(({ status }) => status === "pending_delete")).toEqual([]);
  });

describe("adding to a queued image", () => {
  test("makes it active, with the size of what is there", async () => {
    const id = await newImage();
    const url = web.keep(9);
    const { status, body } = await patch(id, [add(url, { metadata: { note: "x" } })]);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ status: "active", size: 9, virtual_size: null, stores: "web", direct_url: url },
      ...{ checksum: null, os_hash_algo: null, os_hash_value: null },
      locations: [{ url, metadata: { note: "x", store: "web" } }],
    });
    expect((await getData(id)).text).toHaveLength(9);
  });

  test("keeps metadata of any name", async () => {
    const id = await newImage();
    const metadata = JSON.parse('{"__proto__": "x", "constructor": "y", "": "z"}');
    const { body } = await patch(id, [add(web.keep(9), { metadata })]);
    const [location] = body.locations as { metadata: object }[];
    expect(Object.entries(location?.metadata ?? {})).toEqual(
      expect.arrayContaining([
        ["__proto__", "x"],
        ["constructor", "y"],
        ["", "z"],
      ]),
    );
  });

  test("takes hashes at their word, and shows nothing of how they came", async () => {
    const id = await newImage();
    const checksum = "B".repeat(32);
    const { body } = await patch(id, [add(web.keep(9), claim({ ...hash(A512.toUpperCase()), checksum }))]);
    expect(body).toMatchObject({ os_hash_algo: "sha512", os_hash_value: A512, checksum: "b".repeat(32) });
    expect(JSON.stringify(body)).not.toContain("validation_data");
  });

  test("together with the formats that it needs, and another copy", async () => {
    const { id } = await created();
    const [one, two] = [web.keep(9), web.keep(9)];
    const formats = [
      { op: "replace", path: "/disk_format", value: "raw" },
      { op: "replace", path: "/container_format", value: "bare" },
    ];
    const { status, body } = await patch(id, [...formats, add(one), add(two)]);
    expect([status, body.status, body.locations.length]).toEqual([200, "active", 2]);
  });

  test("may be done by naming all locations at once", async () => {
    const id = await newImage();
    const [one, two] = [web.keep(9), web.keep(9)];
    const { body } = await patch(id, [replace({ url: one, metadata: {} }, { url: two, metadata: {} })]);
    expect(body.locations.map(({ url }: { url: string }) => url)).toEqual([one, two]);
  });

  test.each<[string, number, () => object]>([
    ["a URL of a file", 400, () => add("file:///etc/passwd")],
    ["a URL of a file by its other name", 400, () => add("filesystem:///etc/passwd")],
    ["a URL with secrets of the settings", 400, () => add("swift+config://ref/c/o")],
    ["a scheme that there is not", 400, () => add("gopher://example.org/")],
    ["a host that is not public", 400, () => add("http://10.0.0.1/x")],
    ["a URL with a password", 400, () => add("https://user:secret@images.example.org/x")],
    ["nothing there", 400, () => add(`${WEB}/nothing`)],
    ["a store that there is not", 400, () => add(web.keep(9), { metadata: { store: "nope" } })],
    ["another store's URL", 400, () => add(web.keep(9), { metadata: { store: "r2" } })],
    ["a position that is none", 400, () => add(web.keep(9), {}, "x")],
    ["a negative position", 400, () => add(web.keep(9), {}, "-1")],
    ["metadata that are no text", 400, () => add(web.keep(9), { metadata: { n: 1 } })],
    ["no metadata", 400, () => add(web.keep(9), { metadata: undefined })],
    ["a URL of 256 characters", 400, () => add(`http://x/${"a".repeat(247)}`)],
    ["a value that is no object", 400, () => ({ op: "add", path: "/locations/-", value: "x" })],
    ["a hash alone", 400, () => add(web.keep(9), claim({ os_hash_value: A512 }))],
    ["a short checksum", 400, () => add(web.keep(9), claim({ ...hash(A512), checksum: "aa" }))],
    ["another key", 400, () => add(web.keep(9), claim({ ...hash(A512), more: 1 }))],
    ["another algorithm", 409, () => add(web.keep(9), claim(hash("a".repeat(64), "sha256")))],
    ["a hash that is not hexadecimal", 409, () => add(web.keep(9), claim(hash("x".repeat(128))))],
    ["a hash that is too short", 409, () => add(web.keep(9), claim(hash("aa")))],
    [
      "a checksum that is not",
      409,
      () => add(web.keep(9), claim({ ...hash(A512), checksum: "x".repeat(32) })),
    ],
    ["an empty list", 403, () => replace()],
    ["a removal", 409, () => remove("0")],
  ])("with %s is a %i and changes nothing", async (_what, status, operation) => {
    const id = await newImage();
    expect((await patch(id, [operation()], admin())).status).toBe(status);
    expect(await imageRow(id)).toMatchObject({ status: "queued", size: null, generation: 0 });
    expect(await locationRows(id)).toEqual([]);
  });

  test.each<[string, (url: string) => object]>([
    ["is added after all", (url) => add(url)],
    ["makes way for an addition", () => add(web.keep(9))],
    ["makes way for a replacement", () => replace({ url: web.keep(9), metadata: {} })],
    ["is named again by a replacement", (url) => replace({ url, metadata: {} })],
  ])("the location that a failed verification left %s", async (_what, operation) => {
    const id = await newImage();
    const url = web.keep(9);
    const body = { url, validation_data: hash(A512) };
    expect((await ask("POST", `/v2/images/${id}/locations`, { body })).status).toBe(202);
    expect(await taskEnds(id)).toBe("failure");
    expect(await locationRows(id)).toHaveLength(1);
    const answer = await patch(id, [operation(url)]);
    expect([answer.status, answer.body.status]).toEqual([200, "active"]);
    expect(answer.body.locations).toHaveLength(1);
    expect((await getData(id)).text).toHaveLength(9);
  });

  test("without its formats is a 400", async () => {
    const { id } = await created();
    expect((await patch(id, [add(web.keep(9))])).status).toBe(400);
    expect(await imageRow(id)).toMatchObject({ status: "queued" });
  });

  test.each<[string, number, Persona]>([
    ["its owner", 200, member("p1")],
    ["an administrator", 200, admin()],
    ["a reader", 403, reader("p1")],
    ["another project", 403, member("p2")],
  ])("by %s answers %i", async (_who, status, as) => {
    const id = await newImage({ visibility: "community" });
    expect((await patch(id, [add(web.keep(9))], as)).status).toBe(status);
  });
});

describe("a place in a store of our own, maybe of another's image,", () => {
  const place = async () => {
    const other = await newImage();
    expect(await putData(other, { body: bytesOf(9) })).toBe(204);
    const [{ url } = { url: "" }] = await locationRows(other);
    const { id } = await created({ disk_format: "raw", container_format: "bare" }, member("p2"));
    return { id, url };
  };

  test("is not the owner's to add", async () => {
    const { id, url } = await place();
    for (const operation of [add(url), replace({ url, metadata: {} })])
      expect((await patch(id, [operation], member("p2"))).status).toBe(403);
    expect(await imageRow(id)).toMatchObject({ status: "queued", generation: 0 });
  });

  test("is added by administrators, and by services for the owner", async () => {
    const { id, url } = await place();
    expect((await patch(id, [add(url)], admin())).status).toBe(200);
    const asked = {
      as: member("p2"),
      headers: { "content-type": PATCH_TYPE, "x-service-token": await tokenOf(stranger("service")) },
      env: SHOWN,
    };
    const body = [add(url, { metadata: { a: "b" } })];
    expect((await ask("PATCH", `/v2/images/${id}`, { ...asked, body })).status).toBe(200);
  });
});

test.each([
  ["an add", () => add("http://x/")],
  ["a replacement", () => replace({ url: "http://x/", metadata: {} })],
  ["a removal", () => remove("0")],
])("%s is a 403 while locations are not shown", async (_what, operation) => {
  const id = await active();
  expect((await patch(id, [operation()], admin(), { LOCATIONS: {} })).status).toBe(403);
});

describe("an active image", () => {
  test("gets another copy, and is read from either", async () => {
    const url = web.keep(9);
    const id = await active(url);
    expect((await ask("GET", `/v2/images/${id}`, { env: SHOWN })).body.stores).toBe("file,web");
    expect((await getData(id, { query: "?prefer=web" })).status).toBe(200);
    expect(web.origin.asked.some((asked) => asked.url === url && asked.method === "GET")).toBe(true);
  });

  test("takes hashes that are its own, and no others", async () => {
    const id = await active();
    const { checksum, hashValue } = await digestsOf(bytesOf(9), "sha512");
    const own = hash(hashValue);
    for (const [data, status] of [
      [own, 200],
      [{ ...own, checksum }, 200],
      [{ ...own, checksum: "b".repeat(32) }, 409],
      [hash(A512), 409],
      [hash("a".repeat(64), "sha256"), 409],
    ] as const)
      expect((await patch(id, [add(web.keep(9), claim(data))])).status).toBe(status);
    expect(await imageRow(id)).toMatchObject({ checksum, status: "active" });
  });

  test("without a hash takes none", async () => {
    const id = await newImage();
    await patch(id, [add(web.keep(9))]);
    expect((await patch(id, [add(web.keep(9), claim(hash(A512)))])).status).toBe(409);
  });

  test("has a location once, though a fragment or other metadata make another one of it", async () => {
    const url = web.keep(9);
    const id = await active(url);
    expect((await patch(id, [add(url)])).status).toBe(400);
    expect((await patch(id, [add(`${url}#new`)])).status).toBe(200);
    expect((await patch(id, [add(url, { metadata: { a: "b" } })])).status).toBe(200);
    expect(await locationRows(id)).toHaveLength(4);
  });

  test("has at most so many", async () => {
    const id = await active(web.keep(9));
    const three = { LIMITS: { imageLocationQuota: 3 } };
    expect((await patch(id, [add(web.keep(9)), add(web.keep(9))], member("p1"), three)).status).toBe(413);
    expect((await patch(id, [add(web.keep(9))], member("p1"), three)).status).toBe(200);
    expect((await patch(id, [add(web.keep(9))], member("p1"), three)).status).toBe(413);
  });

  test("has no more metadata of its locations than can be read again, however they come", async () => {
    const id = await active();
    const [file] = (await ask("GET", `/v2/images/${id}`, { env: SHOWN })).body.locations;
    const note = { metadata: { note: "\u0001".repeat(45_000) } };
    const url = web.keep(9);
    expect((await patch(id, [add(url, note)])).status).toBe(200);
    expect((await patch(id, [add(`${url}#1`, note)])).status).toBe(413);
    expect((await patch(id, [add(`${url}#1`)])).status).toBe(200);
    const all = replace(file, { url, ...note }, { url: `${url}#1`, ...note });
    expect((await patch(id, [all])).status).toBe(413);
    expect((await ask("GET", "/v2/images", { env: SHOWN })).status).toBe(200);
    expect((await patch(id, [remove("2")], admin())).status).toBe(200);
    expect((await ask("DELETE", `/v2/images/${id}`)).status).toBe(204);
  });

  test("that is deactivated takes none", async () => {
    const id = await active();
    await ask("POST", `/v2/images/${id}/actions/deactivate`, { as: admin() });
    expect((await patch(id, [add(web.keep(9))], admin())).status).toBe(409);
  });

  test("gets other metadata for the same URLs, in any order, and refuses other URLs", async () => {
    const url = web.keep(9);
    const id = await active(url);
    const [file, web1] = (await ask("GET", `/v2/images/${id}`, { env: SHOWN })).body.locations;
    expect((await patch(id, [replace(file, web1)])).status).toBe(200);
    const { status, body } = await patch(id, [replace({ url, metadata: { note: "new" } }, file)]);
    expect(status).toBe(200);
    expect(body.locations).toEqual([file, { url, metadata: { note: "new", store: "web" } }]);
    for (const others of [[file], [file, web1, web1], [file, { ...web1, url: web.keep(9) }]])
      expect((await patch(id, [replace(...others)])).status).toBe(400);
    expect((await patch(id, [replace(file, { url, metadata: { store: "r2" } })])).status).toBe(400);
    expect((await patch(id, [replace()])).status).toBe(403);
  });

  test("gets other metadata for a copy in a directory, whose URL nobody could add", async () => {
    const id = await active();
    const url = `file:///srv/images/${id}`;
    await env.DB.prepare("UPDATE image_locations SET url = ? WHERE image_id = ?").bind(url, id).run();
    const { body: shown } = await ask("GET", `/v2/images/${id}`, { env: SHOWN });
    expect((await patch(id, [replace(...shown.locations)])).status).toBe(200);
    const { status, body } = await patch(id, [replace({ url, metadata: { note: "x" } })]);
    expect([status, body.locations]).toEqual([200, [{ url, metadata: { note: "x", store: "file" } }]]);
    expect((await patch(id, [add(url)], admin())).status).toBe(400);
  });

  test("loses a copy with its bytes by an administrator's hand alone", async () => {
    const url = web.keep(9);
    const id = await active(url);
    expect((await patch(id, [remove("0")])).status).toBe(403);
    const { status, body } = await patch(id, [remove("0")], admin());
    expect([status, body.locations]).toEqual([200, [{ url, metadata: { store: "web" } }]]);
    await settle(id);
    expect(await keysOf(id)).toEqual([]);
    expect((await getData(id)).status).toBe(200);
    expect((await patch(id, [remove("0")], admin())).status).toBe(403);
  });

  test.each([
    ["-", 200],
    ["1", 200],
    ["2", 400],
    ["x", 400],
    ["-1", 400],
  ])("of two locations, removing that at %s answers %i", async (at, status) => {
    const id = await active(web.keep(9));
    expect((await patch(id, [remove(at)], admin())).status).toBe(status);
  });

  test("keeps bytes that another location names until that goes too", async () => {
    const id = await newImage();
    const key = crypto.randomUUID();
    await env.IMAGES.put(key, "123456789");
    const url = `r2://glimpse-images/${key}`;
    const added = [add(url), add(url, { metadata: { a: "b" } }), add(web.keep(9))];
    expect((await patch(id, added, admin())).status).toBe(200);
    expect((await patch(id, [remove("0")], admin())).status).toBe(200);
    await settle(id);
    expect(await env.IMAGES.head(key)).not.toBeNull();
    expect((await patch(id, [remove("0")], admin())).status).toBe(200);
    await settle(id);
    expect(await env.IMAGES.head(key)).toBeNull();
  });

  test("keeps the last one when two are removed at once", async () => {
    const id = await active(web.keep(9));
    const answers = await Promise.all([patch(id, [remove("0")], admin()), patch(id, [remove("1")], admin())]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
    expect((await locationRows(id)).filter(({ status }) => status === "active")).toHaveLength(1);
  });

  test("gets both of two copies that are added at once", async () => {
    const id = await active();
    const answers = await Promise.all([patch(id, [add(web.keep(9))]), patch(id, [add(web.keep(9))])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await locationRows(id)).toHaveLength(3);
  });

  test("forgets a web server's URL when it goes, also one that another image is made of", async () => {
    const url = web.keep(9);
    const [deleted, shrunk, other] = [await active(url), await active(url), await active(url)];
    expect((await ask("DELETE", `/v2/images/${deleted}`)).status).toBe(204);
    expect((await patch(shrunk, [remove("1")], admin())).status).toBe(200);
    await settle(deleted);
    await settle(shrunk);
    expect(await locationRows(deleted)).toEqual([]);
    expect(await locationRows(shrunk)).toHaveLength(1);
    expect((await getData(other, { query: "?prefer=web" })).status).toBe(200);
  });

  test("is deleted with all its copies; those of web servers are forgotten", async () => {
    const url = web.keep(9);
    const id = await active(url);
    expect((await ask("DELETE", `/v2/images/${id}`)).status).toBe(204);
    await settle(id);
    expect(await locationRows(id)).toEqual([]);
    expect(await keysOf(id)).toEqual([]);
    expect(web.origin.asked.filter(({ method }) => method === "DELETE")).toEqual([]);
  });
});

describe("a patch of metadata and locations", () => {
  const paint = (colour: string) => ({ op: "add", path: "/colour", value: colour });

  test("that fails in a location changes nothing", async () => {
    const id = await newImage();
    expect((await patch(id, [paint("red"), add(`${WEB}/nothing`)])).status).toBe(400);
    expect((await ask("GET", `/v2/images/${id}`)).body).not.toHaveProperty("colour");
  });

  test("is one change of the image", async () => {
    const id = await newImage({ tags: ["old"], colour: "blue", gone: "soon" });
    const operations = [
      ...[paint("red"), add(web.keep(9)), { op: "replace", path: "/tags", value: ["new"] }],
      ...[
        { op: "remove", path: "/gone" },
        { op: "replace", path: "/name", value: "one" },
      ],
    ];
    const { body } = await patch(id, operations);
    expect(body).toMatchObject({ status: "active", name: "one", colour: "red", tags: ["new"], size: 9 });
    expect(body).not.toHaveProperty("gone");
    expect((await imageRow(id)).generation).toBe(1);
  });

  test("may bring the formats that the data needs", async () => {
    const { id } = await created({});
    const formats = ["disk_format", "container_format"].map((name) => ({ op: "replace", path: `/${name}` }));
    const [disk, container] = formats;
    const operations = [{ ...disk, value: "qcow2" }, { ...container, value: "bare" }, add(web.keep(9))];
    expect((await patch(id, operations)).body).toMatchObject({ status: "active", disk_format: "qcow2" });
    const other = (await created({})).id;
    expect((await patch(other, [{ ...disk, value: "qcow2" }, add(web.keep(9))])).status).toBe(400);
    expect((await ask("GET", `/v2/images/${other}`)).body).toMatchObject({
      status: "queued",
      disk_format: null,
    });
  });

  test("is not made on an image that others changed since, and nothing of it is", async () => {
    const id = await active();
    const seen = await imageRow(id);
    await patch(id, [paint("green")]);
    const metadata = { attributes: { name: "late" }, setProperties: [], removeProperties: ["colour"] };
    const location = { url: web.keep(9), store: "web", metadata: { store: "web" } };
    const verdict = await coordinatorOf(env, id).changeLocations(seen, {
      locations: { add: [location] },
      metadata: { ...metadata, updatedAt: seen.updated_at },
    });
    expect(verdict).toMatchObject({ ok: false, kind: "busy" });
    const { body } = await ask("GET", `/v2/images/${id}`);
    expect(body).toMatchObject({ name: null, colour: "green" });
    expect(await locationRows(id)).toHaveLength(1);
  });

  test("loses nothing of what others write at the same time", async () => {
    const id = await active();
    const answers = await Promise.all([
      ...["a", "b", "c"].map((name) => patch(id, [{ ...paint("x"), path: `/${name}` }, add(web.keep(9))])),
      ...["d", "e"].map((name) => patch(id, [{ ...paint("x"), path: `/${name}` }])),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const { body } = await ask("GET", `/v2/images/${id}`);
    expect(body).toMatchObject({ a: "x", b: "x", c: "x", d: "x", e: "x" });
    expect(await locationRows(id)).toHaveLength(4);
  });
});
