import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  admin,
  ask,
  created,
  member,
  OLD_PATCH_TYPE,
  type Persona,
  patched,
  reader,
  stranger,
} from "../../test/support/catalogue.ts";
import { changeImage, findImage } from "../db/images.ts";

const op = (verb: string, path: string, value?: unknown) => ({
  op: verb,
  path,
  ...(value === undefined ? {} : { value }),
});
const setStatus = (id: string, status: string) =>
  env.DB.prepare("UPDATE images SET status = ?, generation = generation + 1 WHERE id = ?")
    .bind(status, id)
    .run();
const long = (length: number) => "a".repeat(length);

test("operations are applied in order and answered with the new representation", async () => {
  const image = await created({ name: "old", tags: ["x"], os_distro: "debian", "a/b": "1" });
  const { status, body } = await patched(image.id, [
    op("replace", "/name", "new"),
    op("add", "/min_ram", 64),
    op("replace", "/tags", ["b", "c", "b"]),
    op("add", "/color", "red"),
    op("replace", "/color", "blue"),
    op("remove", "/os_distro"),
    op("add", "/a~1b", "2"),
    op("add", "/ spaced ", "3"),
    op("add", "/gone", "4"),
    op("remove", "/gone"),
    op("replace", "/disk_format", "raw"),
    op("replace", "/protected", true),
  ]);
  expect(status).toBe(200);
  const { os_distro: _, ...kept } = image;
  const expected = {
    ...kept,
    name: "new",
    min_ram: 64,
    tags: ["b", "c"],
    color: "blue",
    "a/b": "2",
    spaced: "3",
    disk_format: "raw",
    protected: true,
  };
  expect({ ...body, updated_at: image.updated_at }).toEqual(expected);
  expect((await ask("GET", image.self)).body).toEqual(body);
});

test("an empty patch changes nothing, updated_at included", async () => {
  const { id } = await created();
  const before = await findImage(env.DB, id, "p1");
  expect((await patched(id, [])).status).toBe(200);
  expect(await findImage(env.DB, id, "p1")).toEqual(before);
});

test("a patch that fails in its last operation changes nothing", async () => {
  const { id } = await created({ tags: ["x"], os_distro: "debian" });
  const before = await findImage(env.DB, id, "p1");
  const operations = [op("replace", "/tags", []), op("remove", "/os_distro"), op("replace", "/nope", "x")];
  expect((await patched(id, operations)).status).toBe(409);
  expect(await findImage(env.DB, id, "p1")).toEqual(before);
});

describe("before the image is looked up", () => {
  test.each<[string, unknown]>([
    ["text that is not JSON", "not json"],
    ["nothing", ""],
    ["an object", {}],
    ["an operation that is no object", [1]],
    ["null as operation", [null]],
    ["an operation without a name", [{ path: "/name", value: "x" }]],
    ["the old spelling", [{ replace: "/name", value: "x" }]],
    ["a move", [op("move", "/name", "x")]],
    ["a test", [op("test", "/name", "x")]],
    ["no path", [{ op: "add", value: "x" }]],
    ["a path that is no string", [{ op: "add", path: ["name"], value: "x" }]],
    ["a path without a slash", [op("add", "name", "x")]],
    ["an empty path", [op("add", "", "x")]],
    ["a path of a slash alone", [op("add", "/", "x")]],
    ["a path of blanks", [op("add", "/ ", "x")]],
    ["adjacent slashes", [op("add", "/a//b", "x")]],
    ["a trailing slash", [op("add", "/a/", "x")]],
    ["an unknown escape", [op("add", "/a~2b", "x")]],
    ["a tilde at the end", [op("add", "/a~", "x")]],
    ["two tokens", [op("add", "/a/b", "x")]],
    ["an element of tags", [op("add", "/tags/-", "x")]],
    ["locations added whole", [op("add", "/locations", [])]],
    ["a location replaced", [op("replace", "/locations/0", {})]],
    ["locations removed whole", [op("remove", "/locations")]],
    ["no value", [op("add", "/name")]],
    ["a name that is a number", [op("replace", "/name", 1)]],
    ["a null min_disk", [op("replace", "/min_disk", null)]],
    ["a null protected", [op("replace", "/protected", null)]],
    ["a null visibility", [op("replace", "/visibility", null)]],
    ["an unknown format", [op("replace", "/disk_format", "floppy")]],
    ["tags of numbers", [op("replace", "/tags", [1])]],
    ["a property that is a number", [op("add", "/p", 1)]],
    ["a null property", [op("add", "/p", null)]],
    ["a property above U+FFFF", [op("add", "/p", "🐧")]],
    ["a property name of 256 characters", [op("add", `/${long(256)}`, "x")]],
  ])("refuses %s with 400", async (_what, body) => {
    expect((await patched("no-such-image", body)).status).toBe(400);
  });

  test.each<[string, unknown]>([
    ["no operation", [{ value: "x" }]],
    ["two operations", [{ add: "/a", remove: "/b", value: "x" }]],
    ["the new spelling", [op("add", "/a", "x")]],
    ["a move", [{ move: "/a", value: "x" }]],
    ["a path that is no string", [{ add: 1, value: "x" }]],
  ])("refuses %s in a v2.0 patch with 400", async (_what, body) => {
    expect((await patched("no-such-image", body, { type: OLD_PATCH_TYPE })).status).toBe(400);
  });

  const readOnly =
    "id status checksum size virtual_size os_hash_algo os_hash_value created_at updated_at self file schema direct_url " +
    "stores os_glance_x deleted deleted_at location";
  test.each(readOnly.split(" "))("refuses to touch %s with 403", async (name) => {
    for (const operation of [
      op("add", `/${name}`, "x"),
      op("replace", `/${name}`, "x"),
      op("remove", `/${name}`),
    ])
      expect((await patched("no-such-image", [operation])).status).toBe(403);
  });

  test.each(["application/json", "application/json-patch+json", "", "text/plain", "__proto__"])(
    "refuses the media type %j with 415, naming those it takes",
    async (type) => {
      const answer = await patched("no-such-image", "not json", { type });
      expect(answer.status).toBe(415);
      expect(answer.headers.get("accept-patch")).toBe(
        "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch",
      );
    },
  );

  test("a good patch of an image that is not there is a 404", async () => {
    expect((await patched("no-such-image", [], { type: `${OLD_PATCH_TYPE}; charset=utf-8` })).status).toBe(
      404,
    );
  });
});

describe("on an image", () => {
  const fields = { os_distro: "debian", tags: ["x"], disk_format: "raw", container_format: "bare" };
  test.each<[string, number, unknown]>([
    ["a missing property is replaced", 409, [op("replace", "/nope", "x")]],
    ["a missing property is removed", 409, [op("remove", "/nope")]],
    ["a property is removed twice", 409, [op("remove", "/os_distro"), op("remove", "/os_distro")]],
    ["a present property is added", 200, [op("add", "/os_distro", "x")]],
    ["a name is removed", 403, [op("remove", "/name")]],
    ["tags are removed", 403, [op("remove", "/tags")]],
    ["a format is removed", 403, [op("remove", "/disk_format")]],
    ["tags are cleared", 200, [op("replace", "/tags", [])]],
    ["a name is nulled", 200, [op("replace", "/name", null)]],
    ["a format is nulled", 200, [op("replace", "/disk_format", null)]],
    ["a kernel_id is nulled", 200, [op("add", "/kernel_id", null)]],
    ["a location is added", 403, [op("add", "/locations/-", { url: "http://x/", metadata: {} })]],
    ["locations are replaced", 403, [op("replace", "/locations", [])]],
    ["a location is removed", 403, [op("remove", "/locations/0")]],
    [
      "a property has the name of something inside",
      200,
      [op("add", "/member", "x"), op("add", "/__proto__", "y")],
    ],
  ])("when %s the answer is %i", async (_what, status, operations) => {
    const { id } = await created(fields);
    expect((await patched(id, operations)).status).toBe(status);
  });

  test.each<[string, number, unknown]>([
    ["a property is replaced", 200, [{ replace: "/os_distro", value: "x" }]],
    ["a present property is added", 409, [{ add: "/os_distro", value: "x" }]],
    ["a base attribute is added", 409, [{ add: "/name", value: "x" }]],
    ["a new property is added", 200, [{ add: "/new", value: "x" }]],
    ["a property is removed", 200, [{ remove: "/os_distro" }]],
    ["tags are replaced", 200, [{ replace: "/tags", value: ["x"] }]],
  ])("when, by v2.0, %s the answer is %i", async (_what, status, operations) => {
    const { id } = await created(fields);
    expect((await patched(id, operations, { type: OLD_PATCH_TYPE })).status).toBe(status);
  });

  test.each<[string, number, Persona, unknown]>([
    ["a reader of the project", 403, reader("p1"), []],
    ["nobody in particular", 404, stranger("p1"), []],
    ["another project", 403, member("p2"), []],
    ["its owner, giving it away", 403, member("p1"), [op("replace", "/owner", "p2")]],
    ["its owner, adding an owner", 403, member("p1"), [op("add", "/owner", "p1")]],
    ["its owner, making it public", 403, member("p1"), [op("replace", "/visibility", "public")]],
    ["its owner, making it private", 200, member("p1"), [op("replace", "/visibility", "private")]],
    ["its owner, leaving it community", 200, member("p1"), [op("replace", "/visibility", "community")]],
    ["an administrator, giving it away", 200, admin(), [op("replace", "/owner", "p2")]],
    ["an administrator, to nobody", 200, admin(), [op("replace", "/owner", null)]],
    ["an administrator, making it public", 200, admin(), [op("replace", "/visibility", "public")]],
  ])("a community image, patched by %s, answers %i", async (_who, status, as, operations) => {
    const { id } = await created({ visibility: "community" });
    expect((await patched(id, operations, { as })).status).toBe(status);
  });

  test("a private image of another project is a 404", async () => {
    const { id } = await created({ visibility: "private" });
    expect((await patched(id, [], { as: member("p2") })).status).toBe(404);
  });

  test.each([
    ["queued", 200],
    ["importing", 200],
    ["saving", 403],
    ["uploading", 403],
    ["active", 403],
    ["deactivated", 403],
  ])("a format of an image that is %s: %i", async (status, answer) => {
    const { id } = await created(fields);
    await setStatus(id, status);
    expect((await patched(id, [op("replace", "/container_format", "ovf")])).status).toBe(answer);
    expect((await patched(id, [op("replace", "/name", "any time")])).status).toBe(200);
  });
});

describe("quotas", () => {
  const LIMITS = { imagePropertyQuota: 2, imageTagQuota: 2 };
  const underLimits = (id: string, operations: unknown) =>
    ask("PATCH", `/v2/images/${id}`, {
      body: operations,
      headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
      env: { LIMITS },
    });

  test.each<[string, number, unknown]>([
    ["adding a property", 413, [op("add", "/d", "x")]],
    ["adding one and removing two", 200, [op("add", "/d", "x"), op("remove", "/a"), op("remove", "/b")]],
    ["removing one", 200, [op("remove", "/a")]],
    ["replacing one", 200, [op("replace", "/a", "x")]],
    ["replacing the tags by more", 413, [op("replace", "/tags", ["t1", "t2", "t3", "t4"])]],
    ["replacing the tags by fewer, still too many", 200, [op("replace", "/tags", ["t1", "t2", "t3"])]],
  ])("an image over its quotas, %s: %i", async (_what, status, operations) => {
    const { id } = await created({ a: "1", b: "2", c: "3", tags: ["t1", "t2", "t3", "t0"] });
    expect((await underLimits(id, operations)).status).toBe(status);
  });

  test("properties that could not be shown together are refused", async () => {
    const { id } = await created();
    const answers = [];
    for (let at = 0; at < 18; at++)
      answers.push((await patched(id, [op("add", `/p${at}`, long(65_000))])).status);
    expect(answers).toEqual([...Array(16).fill(200), 413, 413]);
    expect((await ask("GET", `/v2/images/${id}`)).status).toBe(200);
  });
});

describe("together with others", () => {
  test("a patch during an upload is kept, and the end of the upload too", async () => {
    const { id } = await created({ disk_format: "raw", container_format: "bare", os_distro: "debian" });
    await setStatus(id, "saving");
    const image = await findImage(env.DB, id, "p1");
    if (!image) throw new Error("it is there");
    await env.DB.prepare(
      "UPDATE images SET status = 'active', size = 5, checksum = 'c', generation = 2 WHERE id = ?",
    )
      .bind(id)
      .run();
    const change = {
      attributes: { name: "late" },
      setProperties: [["p", "v"]] as const,
      removeProperties: ["os_distro"],
      tags: ["t"],
    };
    const at = { now: Date.now() * 1000, projectId: "p1" };
    expect(await changeImage(env.DB, image, change, at)).toBeUndefined();
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({
      name: null,
      tags: [],
      status: "active",
      os_distro: "debian",
    });
    const answer = await patched(id, [op("replace", "/name", "late"), op("add", "/p", "v")]);
    expect(answer.body).toMatchObject({ name: "late", p: "v", status: "active", size: 5, checksum: "c" });
  });

  test("patches at the same time all arrive, also where they are many", async () => {
    const { id } = await created();
    const names = Array.from({ length: 60 }, (_, at) => `p${at}`);
    const answers = await Promise.all(names.map((name) => patched(id, [op("add", `/${name}`, name)])));
    expect(answers.map((answer) => answer.status)).toEqual(names.map(() => 200));
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject(
      Object.fromEntries(names.map((name) => [name, name])),
    );
  });

  test("of two that remove one property, one is told that it is gone", async () => {
    const { id } = await created({ p: "v" });
    const both = await Promise.all([1, 2].map(() => patched(id, [op("remove", "/p")])));
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 409]);
  });

  test("every change moves updated_at, also two in one moment", async () => {
    const { id } = await created();
    const times = [];
    for (const name of ["a", "b", "c"]) {
      await patched(id, [op("replace", "/name", name)]);
      times.push((await findImage(env.DB, id, "p1"))?.updatedAt ?? 0);
    }
    expect(new Set(times).size).toBe(3);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });
});
