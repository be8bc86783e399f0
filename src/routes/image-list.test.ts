import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { admin, ask, created, member, type Persona, reader, stranger } from "../../test/support/catalogue.ts";

const list = (query: string, as?: Persona) =>
  ask("GET", `/v2/images${query && `?${query}`}`, as ? { as } : {});
const names = async (query: string, as?: Persona): Promise<string> => {
  const { status, body } = await list(query, as);
  return status === 200
    ? body.images.map((image: { name: string | null }) => image.name ?? "-").join(" ")
    : String(status);
};
const sorted = async (query: string, as?: Persona) => (await names(query, as)).split(" ").sort().join(" ");

/** Follows `next` to the end, as clients do. */
async function walk(query: string, as?: Persona): Promise<string[]> {
  const ids: string[] = [];
  for (let next: string | undefined = `/v2/images?${query}`; next; ) {
    const { status, body } = await ask("GET", next, as ? { as } : {});
    expect(status).toBe(200);
    ids.push(...body.images.map((image: { id: string }) => image.id));
    next = body.next;
  }
  return ids;
}

const idOf = (group: string) => (digit: number) => `00000000-0000-4000-${group}-00000000000${digit}`;

describe("whose images", () => {
  beforeAll(async () => {
    const [mine, theirs] = [member("me"), member("them")];
    await created({ name: "my-shared" }, mine);
    await created({ name: "my-private", visibility: "private" }, mine);
    await created({ name: "my-community", visibility: "community" }, mine);
    await created({ name: "my-hidden", os_hidden: true }, mine);
    await created({ name: "my-public", visibility: "public", owner: "me" }, admin("me"));
    await created({ name: "their-private", visibility: "private" }, theirs);
    await created({ name: "their-community", visibility: "community" }, theirs);
    await created({ name: "their-public", visibility: "public", owner: "them" }, admin());
    await created({ name: "their-own" }, theirs);
    await created({ name: "nobodys", owner: null }, admin());
    for (const status of ["pending", "accepted", "rejected"]) {
      const image = await created({ name: `their-${status}` }, theirs);
      await env.DB.prepare(
        "INSERT INTO image_members (image_id, member, status, created_at, updated_at) VALUES (?, 'me', ?, 0, 0)",
      )
        .bind(image.id, status)
        .run();
    }
    const unshared = await created({ name: "their-unshared", visibility: "private" }, theirs);
    const orphan = await created({ name: "nobodys-accepted", owner: null }, admin());
    const self = await created({ name: "my-own-member" }, mine);
    for (const image of [unshared, orphan, self])
      await env.DB.prepare(
        "INSERT INTO image_members (image_id, member, status, created_at, updated_at) VALUES (?, 'me', 'accepted', 0, 0)",
      )
        .bind(image.id)
        .run();
    for (const status of ["killed", "pending_delete", "deleted", "deactivated"]) {
      const image = await created({ name: `my-${status}` }, mine);
      await env.DB.prepare(
        "UPDATE images SET status = ?1, deleted_at = iif(?1 = 'deleted', 1, NULL) WHERE id = ?2",
      )
        .bind(status, image.id)
        .run();
    }
  });

  const OWN = "my-community my-deactivated my-own-member my-private my-public my-shared";
  const OF_ALL =
    "nobodys nobodys-accepted their-accepted their-own their-pending their-private their-public their-rejected their-unshared";
  test.each([
    ["", `${OWN} their-accepted their-public`],
    ["visibility=public", "my-public their-public"],
    ["visibility=community", "my-community their-community"],
    ["visibility=private", "my-private"],
    ["visibility=shared", "my-deactivated my-own-member my-shared their-accepted"],
    ["visibility=all", `${OWN} their-accepted their-community their-public`],
    ["visibility=", ""],
    ["visibility=bogus", "400"],
    ["member_status=pending", `${OWN} their-pending their-public`],
    ["member_status=rejected&visibility=shared", "my-deactivated my-own-member my-shared their-rejected"],
    ["member_status=all", `${OWN} their-accepted their-pending their-public their-rejected`],
    ["member_status=", "400"],
    ["member_status=bogus", "400"],
    ["os_hidden=true", "my-hidden"],
    ["os_hidden=TRUE", "my-hidden"],
    ["os_hidden=false&name=my-hidden", ""],
    ["os_hidden=1", "400"],
    ["owner=them", "their-accepted their-public"],
    ["visibility=shared&owner=me", "my-deactivated my-own-member my-shared"],
    ["owner=", ""],
  ])("a member lists %j: %s", async (query, expected) => {
    expect(await sorted(query, member("me"))).toBe(expected);
  });

  test.each([
    ["", `${OWN} ${OF_ALL}`],
    ["visibility=all", `${OWN} ${OF_ALL} their-community`],
    ["visibility=community", "my-community their-community"],
    ["visibility=private", "my-private their-private their-unshared"],
    ["visibility=public&owner=them", "their-public"],
    ["member_status=rejected", `${OWN} ${OF_ALL}`],
    ["os_hidden=true", "my-hidden"],
    ["owner=them&visibility=shared", "their-accepted their-own their-pending their-rejected"],
  ])("an administrator of the project lists %j: %s", async (query, expected) => {
    expect(await sorted(query, admin("me"))).toBe(expected.split(" ").sort().join(" "));
  });

  test("a reader lists what a member does, and nobody without a reading role lists anything", async () => {
    expect(await sorted("", reader("me"))).toBe(await sorted("", member("me")));
    expect((await list("", stranger("me"))).status).toBe(403);
  });

  test.each([
    ["of another's private image", "their-private", 403],
    ["of an image that is deleted", "my-deleted", 400],
    ["of a hidden image of one's own", "my-hidden", 200],
  ])("a marker %s (%s) answers %i", async (_what, name, status) => {
    const row = await env.DB.prepare("SELECT id FROM images WHERE name = ?")
      .bind(name)
      .first<{ id: string }>();
    expect((await list(`marker=${row?.id}`, member("me"))).status).toBe(status);
  });
});

test.each([
  "",
  "tag=t",
  "p=v",
  "name=n",
  "checksum=c",
  "os_hash_value=h",
  "tag=t&status=saving&sort=status:asc,name:desc",
  `id=${crypto.randomUUID()}`,
])("another project's private images are none, by '%s'", async (filter) =>
  expect(await names(`visibility=private&owner=them&${filter}`, member("me"))).toBe(""),
);

describe("which images", () => {
  const as = member("filters");
  const id = idOf("8000");
  beforeAll(async () => {
    const make = (digit: number, name: string | null, more: object) =>
      created({ id: id(digit), name, ...more }, as);
    await make(1, "a", { tags: ["red", "round"], os_distro: "debian", min_ram: 64, disk_format: "raw" });
    await make(2, "b,c", { tags: ["red"], os_distro: "debian", min_disk: 10, container_format: "bare" });
    await make(3, 'd"e', { tags: ["Red"], os_distro: "", protected: true });
    await make(4, "f:g", { "trait:HW": "required", hw_max: "1", __proto__x: "1" });
    await make(5, null, {});
    const set = (column: string, value: string | number, digit: number) =>
      env.DB.prepare(`UPDATE images SET ${column} = ? WHERE id = ?`).bind(value, id(digit));
    await env.DB.batch([
      set("size", 5, 1),
      set("size", 50, 2),
      set("virtual_size", 100, 2),
      set("status", "active", 1),
      set("checksum", "cafe", 1),
      set("os_hash_value", "beef", 1),
      ...[1, 2, 3, 4, 5].map((digit) => set("created_at", Date.UTC(2026, 0, digit) * 1000 + 250_000, digit)),
      set("updated_at", Date.UTC(2030, 0, 1) * 1000, 3),
    ]);
    // An integer-like key must be kept as the text it is.
    await created({ id: id(6), name: "h", "1": "one" }, as);
  });

  test.each([
    ["name=a", "a"],
    ["name=A", ""],
    ["name=", ""],
    ["name=a&name=h", "h"],
    ["name=f:g", "400"],
    ["name=eq:f:g", "f:g"],
    ['name=in:"f:g"', "f:g"],
    ["name=in:a,h", "a h"],
    ['name=in:"b,c",a', "a b,c"],
    ['name=in:"d\\"e",h', 'd"e h'],
    ["name=in:a, h", "a"],
    ["name=in:", ""],
    ['name=in:"a', "400"],
    ['name=in:"a"b', "400"],
    ['name=in:a"b"', "400"],
    ["name=neq:a", "400"],
    ["name=gt:a", "400"],
    [`id=${id(2)}`, "b,c"],
    [`id=in:${id(2)},${id(1)}`, "a b,c"],
    ["status=active", "a"],
    ["status=in:active,queued&disk_format=raw", "a"],
    ["container_format=bare", "b,c"],
    ["disk_format=in:raw,qcow2", "a"],
    ["protected=true", 'd"e'],
    ["protected=True", "400"],
    ["protected=1", "400"],
    ["tag=red", "a b,c"],
    ["tag=red&tag=round", "a"],
    ["tag=red&tag=none", ""],
    ["tag=", ""],
    [`tag=${"x".repeat(300)}`, ""],
    ["size_min=5&size_max=49", "a"],
    ["size_min=-1", "a b,c"],
    ["size_min=1.5", "400"],
    ["size_max=", "400"],
    ["size_max=99999999999999999999999", "a b,c"],
    [`size_max=${"9".repeat(400)}`, "a b,c"],
    ["size=50", "b,c"],
    ["size=50.0", ""],
    ["size=x", ""],
    ["min_ram=64", "a"],
    ["min_ram_min=1", "a"],
    ["min_disk_max=9&min_disk_min=0&name=a", "a"],
    ["virtual_size_min=100", "b,c"],
    ["virtual_size=100", "b,c"],
    ["hw_max=1", "400"],
    ["unknown_min=1", "400"],
    ["checksum=cafe", "a"],
    ["os_hash_value=beef&os_hash_algo=sha512", ""],
    ["os_distro=debian", "a b,c"],
    ["os_distro=", 'd"e'],
    ["os_distro=debian&tag=round", "a"],
    ["trait:HW=required", "f:g"],
    ["__proto__x=1", "f:g"],
    ["__proto__=1", ""],
    ["1=one", "h"],
    ["is_public=true", ""],
    ["deleted=true&name=a", "a"],
    ["changes-since=2026-01-01", "400"],
    ["properties=x", "400"],
    ["tags=x", "400"],
    ["members=x", "400"],
    ["locations=x", "400"],
    ["name=%00", "400"],
    ["name=%ff", "400"],
    ["name=%ef%bf%bd", ""],
    ["name=100%", ""],
    ["created_at=2026-01-01T00:00:00Z", "a"],
    ["created_at=eq:2026-01-01", "a"],
    ["created_at=2026-01-01T02:30:00%2B02:30", "a"],
    ["created_at=2026-01-01T02:30:00+02:30", "400"],
    ["created_at=neq:2026-01-01&created_at=lt:2026-01-02", "a"],
    ["created_at=lt:2026-01-02T00:00:00Z", "a"],
    ["created_at=lte:20260102T000000Z", "a"],
    ["created_at=lte:2026-01-02T00:00:00.250000Z", "a b,c"],
    ["created_at=gte:2026-01-05&created_at=gt:2026-01-05T00:00:00.249999Z&limit=1&sort=created_at:asc", "-"],
    ["created_at=neq:2026-01-05&created_at=lt:2026-01-03", "a b,c"],
    ["updated_at=gt:2029-01-01", 'd"e'],
    ["created_at=gt:notadate", "400"],
    ["created_at=since:2026-01-01", "400"],
    ["created_at=", "400"],
    ["created_at=gt:", "400"],
    ["created_at=2026-02-30", "400"],
    ["created_at=2026-01-01T25:00:00Z", "400"],
  ])("%s finds %s", async (query, expected) => {
    expect(await sorted(query.replaceAll('"', "%22"), as)).toBe(expected.split(" ").sort().join(" "));
  });

  test("as many filters as a URL holds are few parameters", async () => {
    const properties = Array.from({ length: 150 }, (_, at) => `p${at}=v`);
    const tags = Array.from({ length: 150 }, (_, at) => `tag=t${at}`);
    const values = Array.from({ length: 150 }, (_, at) => `n${at}`);
    expect(await names([...properties, ...tags, `name=in:a,${values}`].join("&"), as)).toBe("");
    expect(await names(`name=in:a,${values}`, as)).toBe("a");
  });
});

describe("in what order", () => {
  const as = member("orders");
  const id = idOf("9000");
  const rows: [string | null, number | null, number][] = [
    [null, 5, 1],
    ["b", null, 1],
    ["a", 5, 2],
    [null, null, 2],
    ["", 3, 2],
    ["b", 3, 3],
    ["é", 3, 3],
    ["B", 9, 3],
  ];
  beforeAll(async () => {
    for (const [at, [name, size, created]] of rows.entries()) {
      const image = await ask("POST", "/v2/images", { as, body: { id: id(at), name } });
      await env.DB.prepare("UPDATE images SET size = ?, created_at = ? WHERE id = ?")
        .bind(size, created, image.body.id)
        .run();
    }
  });
  const digits = async (query: string) =>
    (await list(`visibility=shared&${query}`, as)).body.images
      .map((image: { id: string }) => image.id.at(-1))
      .join("");

  test.each([
    ["", "76543210"],
    ["sort_dir=asc", "01234567"],
    ["sort_key=id", "76543210"],
    ["sort_key=name&sort_dir=asc", "03472156"],
    ["sort=name:asc", "03472156"],
    ["sort=name", "65127430"],
    ["sort=name:asc,created_at:desc", "30472516"],
    ["sort_key=name&sort_key=created_at&sort_dir=asc&sort_dir=desc", "30472516"],
    ["sort_key=name&sort_key=size&sort_dir=asc", "30472156"],
    ["sort_key=size", "72065431"],
    ["sort=size:asc", "13456027"],
    ["sort=size:asc,name:desc", "13654207"],
    ["sort=id:asc,id:desc", "01234567"],
    [
      "sort_key=status&sort_key=container_format&sort_key=disk_format&sort_key=updated_at&sort_dir=asc&limit=0",
      "",
    ],
  ])("%j gives %s", async (query, expected) => {
    expect(await digits(query)).toBe(expected);
  });

  test.each([
    "sort=",
    "sort=nope",
    "sort=name:up",
    "sort=name:asc:asc",
    "sort=name,",
    "sort_key=",
    "sort_key=nope",
    "sort_key=owner",
    "sort_dir=",
    "sort_dir=up",
    "sort_dir=asc&sort_dir=desc",
    "sort_key=name&sort_key=id&sort_dir=asc&sort_dir=desc&sort_dir=asc",
    "sort=name&sort_key=name",
    "sort=name&sort_dir=asc",
    "limit=",
    "limit=x",
    "limit=-1",
    "limit=1.5",
    "marker=",
    "marker=nope",
  ])("%s is a 400", async (query) => {
    expect((await list(query, as)).status).toBe(400);
  });

  const orders = [
    "",
    "sort=name:asc",
    "sort=name:desc",
    "sort=size:asc",
    "sort=size",
    "sort=name:asc,size:desc",
    "sort=size:desc,name:asc",
    "sort=status:asc",
    "sort=disk_format",
    "sort=updated_at:asc,id:desc",
    "sort=id:asc",
  ];
  test.each(orders)("paging by %j neither skips nor repeats, whatever is null", async (order) => {
    const whole = (await list(order, as)).body.images.map((image: { id: string }) => image.id);
    for (const limit of [1, 2, 3, 8]) expect(await walk(`${order}&limit=${limit}`, as)).toEqual(whole);
    expect(await walk(`${order}&limit=2&size_max=5`, as)).toHaveLength(5);
  });

  test("links keep the query as it was asked, repeated parameters included", async () => {
    const query = `limit=1&tag=a%20b&tag=c&name=in:x,y&sort_key=name&sort_key=id&marker=${id(1)}`;
    const { body } = await list(query, as);
    expect(body.first).toBe("/v2/images?limit=1&tag=a+b&tag=c&name=in%3Ax%2Cy&sort_key=name&sort_key=id");
    expect(body).not.toHaveProperty("next");
    const full = (await list("limit=1&sort_key=name&sort_key=id", as)).body;
    expect(full.next).toBe(`/v2/images?limit=1&sort_key=name&sort_key=id&marker=${id(6)}`);
    expect((await list("", as)).body.first).toBe("/v2/images");
  });

  test("a full last page has a next, which is empty, and a limit of none has none", async () => {
    expect((await list("limit=8", as)).body).toHaveProperty("next");
    expect((await list(`limit=8&marker=${id(0)}`, as)).body).toMatchObject({ images: [] });
    expect((await list("limit=0", as)).body).toEqual({
      images: [],
      first: "/v2/images?limit=0",
      schema: "/v2/schemas/images",
    });
  });

  test("a limit over the cap is the cap, and without one there is a default", async () => {
    const limits = { LIMITS: { listLimitDefault: 2, listLimitMax: 3 } };
    const count = async (query: string) =>
      (await ask("GET", `/v2/images${query}`, { as, env: limits })).body.images.length;
    expect([await count(""), await count("?limit=99999999999999999999")]).toEqual([2, 3]);
  });

  test("a body of a list is ignored", async () => {
    expect((await list("limit=1", as)).status).toBe(200);
  });
});
