import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { admin, ask, created, member, type Persona, reader, stranger } from "../../test/support/catalogue.ts";

const ID = "7b3e0e2a-1a7c-4c0b-9f39-8f6a3e5d2c11";
const long = (length: number) => "a".repeat(length);

describe("create", () => {
  test("an empty object makes a queued, shared image of the caller's project", async () => {
    const answer = await ask("POST", "/v2/images", { body: {} });
    const { id } = answer.body;
    expect(answer.status).toBe(201);
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(answer.headers.get("location")).toBe(`http://glimpse/v2/images/${id}`);
    expect(answer.headers.get("openstack-image-store-ids")).toBe("file,r2,web");
    expect(answer.headers.has("openstack-image-import-methods")).toBe(false);
    const { created_at, updated_at, ...body } = answer.body;
    expect(created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(updated_at).toBe(created_at);
    expect(body).toEqual({
      id,
      name: null,
      status: "queued",
      visibility: "shared",
      protected: false,
      os_hidden: false,
      owner: "p1",
      disk_format: null,
      container_format: null,
      min_disk: 0,
      min_ram: 0,
      size: null,
      virtual_size: null,
      checksum: null,
      os_hash_algo: null,
      os_hash_value: null,
      tags: [],
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
      schema: "/v2/schemas/image",
    });
  });

  test("what is shown afterwards is what the answer said", async () => {
    const image = await created({
      id: ID.toUpperCase(),
      name: "",
      visibility: "private",
      protected: true,
      os_hidden: true,
      disk_format: "qcow2",
      container_format: "bare",
      min_disk: 2147483647,
      min_ram: 512,
      tags: ["b", "a", "b"],
      os_hash_algo: "ignored",
      os_hash_value: "ignored",
      kernel_id: null,
      ramdisk_id: ID,
      "trait:HW_CPU": "required",
      __proto__x: "1",
      block_device_mapping: JSON.stringify([{ boot_index: 0 }]),
    });
    const shown = (await ask("GET", `/v2/images/${ID.toUpperCase()}`)).body;
    expect({ ...shown, tags: shown.tags.sort() }).toEqual({ ...image, tags: ["a", "b"] });
    expect(shown).toMatchObject({
      kernel_id: null,
      os_hash_algo: null,
      "trait:HW_CPU": "required",
      name: "",
    });
  });

  test("a property may be called __proto__", async () => {
    const { status, body } = await ask("POST", "/v2/images", { body: '{"__proto__":"x","constructor":"y"}' });
    expect(status).toBe(201);
    const shown = (await ask("GET", body.self)).body;
    expect(Object.entries(shown)).toContainEqual(["__proto__", "x"]);
    expect(shown.constructor).toBe("y");
  });

  const many = (count: number, value = "v") =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, value]));
  const MALFORMED: [string, unknown][] = [
    ["nothing", undefined],
    ["text that is not JSON", "not json"],
    ["an array", []],
    ["a string", '"x"'],
    ["null", "null"],
    ["a number as name", { name: 1 }],
    ["a name of 256 characters", { name: long(256) }],
    ["a name above U+FFFF", { name: "🐧" }],
    ["a name with a NUL", { name: "a\0" }],
    ["an id that is no UUID", { id: "nope" }],
    ["a null id", { id: null }],
    ["an unknown visibility", { visibility: "bogus" }],
    ["a null visibility", { visibility: null }],
    ["a string as protected", { protected: "true" }],
    ["a number as os_hidden", { os_hidden: 1 }],
    ["a negative min_disk", { min_disk: -1 }],
    ["a broken min_ram", { min_ram: 1.5 }],
    ["a null min_ram", { min_ram: null }],
    ["a min_disk over 2³¹−1", { min_disk: 2 ** 31 }],
    ["a min_disk of infinity", '{"min_disk":1e999}'],
    ["an unknown disk_format", { disk_format: "floppy" }],
    ["an unknown container_format", { container_format: "box" }],
    ["tags that are no array", { tags: "x" }],
    ["a tag that is no string", { tags: [1] }],
    ["a tag of 256 characters", { tags: [long(256)] }],
    ["a tag above U+FFFF", { tags: ["🐧"] }],
    ["an owner of 256 characters", { owner: long(256) }],
    ["a number as property", { p: 1 }],
    ["null as property", { p: null }],
    ["an object as property", { properties: { a: "b" } }],
    ["a property above U+FFFF", { p: "🐧" }],
    ["a property name above U+FFFF", { "🐧": "p" }],
    ["an empty property name", { "": "p" }],
    ["a property name of 256 characters", { [long(256)]: "p" }],
    ["a property of 65,536 bytes", { p: long(65_536) }],
    ["a property of 65,536 bytes in fewer characters", { p: "é".repeat(32_768) }],
    ["a kernel_id that is no UUID", { kernel_id: "vmlinuz" }],
    ["an unknown key deletion policy", { cinder_encryption_key_deletion_policy: "sometimes" }],
  ];
  test.each(MALFORMED)("refuses %s with 400", async (_what, body) => {
    expect((await ask("POST", "/v2/images", body === undefined ? {} : { body })).status).toBe(400);
  });

  test.each(
    (
      "status size checksum virtual_size created_at updated_at self file schema direct_url stores " +
      "locations location deleted deleted_at os_glance_x os_glancex"
    ).split(" "),
  )("refuses to set %s with 403", async (name) => {
    expect((await ask("POST", "/v2/images", { body: { [name]: "x" } })).status).toBe(403);
  });

  test.each<[string, number, Persona, Record<string, unknown>]>([
    ["a reader", 403, reader("p1"), {}],
    ["a stranger to all roles", 403, stranger("p1"), {}],
    ["a member for another project", 403, member("p1"), { owner: "p2" }],
    ["a member for its own project", 201, member("p1"), { owner: "p1" }],
    ["a member for nobody", 403, member("p1"), { owner: null }],
    ["a member, public", 403, member("p1"), { visibility: "public" }],
    ["a member, community", 201, member("p1"), { visibility: "community" }],
    ["an administrator for another project", 201, admin(), { owner: "p2" }],
    ["an administrator for nobody", 201, admin(), { owner: null }],
    ["an administrator, public", 201, admin(), { visibility: "public" }],
  ])("create by %s answers %i", async (_who, status, as, body) => {
    expect((await ask("POST", "/v2/images", { as, body })).status).toBe(status);
  });

  test.each<[string, number, Record<string, unknown>]>([
    ["128 properties", 201, many(128)],
    ["129 properties", 413, many(129)],
    ["128 tags after doubles are dropped", 201, { tags: [...Object.keys(many(128)), "p0"] }],
    ["129 tags", 413, { tags: Object.keys(many(129)) }],
    ["a property of 65,535 bytes", 201, { p: long(65_535) }],
    ["more properties than can be shown", 413, many(20, long(60_000))],
  ])("%s: answers %i", async (_what, status, body) => {
    const answer = await ask("POST", "/v2/images", { body });
    expect(answer.status).toBe(status);
    if (status === 201) expect((await ask("GET", answer.body.self)).status).toBe(200);
  });

  test("a body over the bound is a 413", async () => {
    expect((await ask("POST", "/v2/images", { body: { name: long(3_000_000) } })).status).toBe(413);
  });

  test("an id is given once, also when its image is deleted, and the refused request leaves nothing", async () => {
    const { id } = await created({ os_distro: "first" });
    const again = () => ask("POST", "/v2/images", { as: member("p2"), body: { id, os_version: "second" } });
    expect((await again()).status).toBe(409);
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({ os_distro: "first" });
    expect((await ask("GET", `/v2/images/${id}`)).body).not.toHaveProperty("os_version");
    await env.DB.prepare("UPDATE images SET status = 'deleted', deleted_at = 1 WHERE id = ?").bind(id).run();
    expect((await again()).status).toBe(409);
  });

  test("of two requests for one id, one wins", async () => {
    const id = crypto.randomUUID();
    const both = await Promise.all([1, 2].map(() => ask("POST", "/v2/images", { body: { id } })));
    expect(both.map((answer) => answer.status).sort()).toEqual([201, 409]);
  });
});

describe("show", () => {
  const share = (id: string, project: string, status: string) =>
    env.DB.prepare(
      "INSERT INTO image_members (image_id, member, status, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
    )
      .bind(id, project, status)
      .run();

  test.each<[string, number, Record<string, unknown>, Persona]>([
    ["its own private image to a reader", 200, { visibility: "private" }, reader("p1")],
    ["its own image to nobody without a reading role", 404, {}, stranger("p1")],
    ["a private image to another project", 404, { visibility: "private" }, member("p2")],
    ["a shared image to a project that is no member", 404, {}, member("p2")],
    ["a shared image to a member that has not answered", 200, {}, reader("pending")],
    ["a shared image to a member that declined", 200, {}, reader("rejected")],
    ["a private image to a former member", 404, { visibility: "private" }, reader("accepted")],
    ["a community image to anybody who reads", 200, { visibility: "community" }, reader("p2")],
    ["a community image to nobody without a reading role", 404, { visibility: "community" }, stranger("p2")],
    ["a hidden image to its owner", 200, { os_hidden: true }, member("p1")],
    ["any image to an administrator", 200, { visibility: "private" }, admin()],
  ])("showing %s answers %i", async (_what, status, fields, as) => {
    const { id } = await created(fields);
    for (const answer of ["pending", "accepted", "rejected"]) await share(id, answer, answer);
    const response = await ask("GET", `/v2/images/${id}`, { as });
    expect(response.status).toBe(status);
  });

  test.each(["deleted", "pending_delete"])("an image that is %s is a 404 for everybody", async (status) => {
    const { id } = await created();
    await env.DB.prepare(
      "UPDATE images SET status = ?, deleted_at = iif(?1 = 'deleted', 1, NULL) WHERE id = ?",
    )
      .bind(status, id)
      .run();
    expect((await ask("GET", `/v2/images/${id}`, { as: admin() })).status).toBe(404);
  });

  test.each(["not-a-uuid", "%00", "%zz", "🐧", long(5000)])("the id %s is a 404", async (id) => {
    expect((await ask("GET", `/v2/images/${id}`)).status).toBe(404);
  });

  test("an id, or a filter, whose escapes are not UTF-8 is a 400, for who has a token", async () => {
    for (const path of ["/v2/images/%ff", "/v2/images?name=%c3%28", "/v2/images/%ff/file"])
      expect((await ask("GET", path)).status, path).toBe(400);
    expect((await ask("GET", "/v2/images/%ff", { headers: { "x-auth-token": "" } })).status).toBe(401);
  });

  test("ids are told apart by case", async () => {
    const { id } = await created({ id: "AAAAAAAA-1a7c-4c0b-9f39-8f6a3e5d2c11" });
    expect((await ask("GET", `/v2/images/${id.toLowerCase()}`)).status).toBe(404);
  });

  test("lists the stores of the locations that are active, in their order, and keeps its own notes", async () => {
    const { id } = await created();
    const add = (store: string, status: string) =>
      env.DB.prepare(
        "INSERT INTO image_locations (image_id, url, store, status, created_at) VALUES (?, '', ?, ?, 0)",
      ).bind(id, store, status);
    const note = env.DB.prepare("INSERT INTO image_properties (image_id, name, value) VALUES (?, ?, ?)");
    await env.DB.batch([
      add("r2", "active"),
      add("old", "pending_delete"),
      add("file", "active"),
      note.bind(id, "os_glance_import_task", "t"),
      note.bind(id, "os_glance_stage_host", "secret"),
      note.bind(id, "lost", null),
    ]);
    const { body } = await ask("GET", `/v2/images/${id}`);
    expect(body).toMatchObject({ stores: "r2,file", os_glance_import_task: "t", lost: "" });
    expect(body).not.toHaveProperty("os_glance_stage_host");
  });

  test("a body is refused before the image is looked up", async () => {
    const { app } = await import("../app.ts");
    const request = new Request("http://glimpse/v2/images/nope", { method: "DELETE", body: "x" });
    expect((await app.request(request, undefined, env)).status).toBe(401);
    expect((await ask("DELETE", "/v2/images/nope", { body: "x" })).status).toBe(400);
    expect((await ask("DELETE", "/v2/images/nope", { body: "" })).status).toBe(404);
  });
});
