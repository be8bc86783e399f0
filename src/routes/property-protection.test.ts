import { describe, expect, test } from "vitest";
import {
  admin,
  ask,
  created,
  member,
  OLD_PATCH_TYPE,
  PATCH_TYPE,
  type Persona,
  reader,
} from "../../test/support/catalogue.ts";

const all = (right: string[]) => ({ create: right, read: right, update: right, delete: right });
const RULES = [
  { name: "^secret_", ...all(["Admin"]) },
  { name: "^ro_", create: ["admin"], read: ["@"], update: ["!"], delete: ["admin"] },
  { name: "^blind_", create: ["member"], read: ["admin"], update: ["admin"], delete: ["admin"] },
  { name: "^none_", ...all([]) },
  { name: "free", ...all(["@"]) },
];
const under = (rules: unknown, mode = "roles") => ({ PROPERTY_PROTECTION: { mode, rules } });
const protectedBy = under(RULES);

const create = async (fields: Record<string, unknown>, as = member("p1"), env: object = protectedBy) =>
  ask("POST", "/v2/images", { as, body: fields, env: env as Record<string, unknown> });
const patch = (
  id: string,
  operations: unknown,
  { as = member("p1"), type = PATCH_TYPE, env = protectedBy } = {},
) => ask("PATCH", `/v2/images/${id}`, { as, body: operations, headers: { "content-type": type }, env });
const add = (name: string, value = "x") => ({ op: "add", path: `/${name}`, value });
const replace = (name: string, value = "x") => ({ op: "replace", path: `/${name}`, value });
const remove = (name: string) => ({ op: "remove", path: `/${name}` });

test("without rules every property is as free as its image", async () => {
  const { id } = await created({ secret_a: "1" });
  expect((await ask("GET", `/v2/images/${id}`)).body.secret_a).toBe("1");
});

describe("a create", () => {
  test.each<[string, Persona, number]>([
    ["secret_a", member("p1"), 403],
    ["secret_a", admin("p1"), 201],
    ["ro_a", member("p1"), 403],
    ["blind_a", member("p1"), 201],
    ["none_a", admin("p1"), 403],
    ["any_free_name", member("p1"), 201],
    ["unheard_of", member("p1"), 403],
    ["unheard_of", admin("p1"), 403],
    ["secret_free", member("p1"), 403],
  ])("with %s by %j answers %i", async (name, as, status) => {
    expect((await create({ [name]: "x" }, as)).status).toBe(status);
  });

  test("answers without what its maker may not read", async () => {
    const { status, body } = await create({ blind_a: "x", free_a: "y" });
    expect([status, body.blind_a, body.free_a]).toEqual([201, undefined, "y"]);
  });

  test("leaves base attributes alone", async () => {
    const { status, body } = await create({ name: "n", tags: ["t"], min_disk: 1 }, member("p1"));
    expect([status, body.name]).toEqual([201, "n"]);
  });
});

/** What an image of `p1` has that was made before there were rules. */
const WITH_ALL = { secret_a: "1", ro_a: "2", blind_a: "3", none_a: "4", free_a: "5", other: "6" };

test.each<[string, Persona, string[]]>([
  ["a member", member("p1"), ["free_a", "ro_a"]],
  ["an administrator", admin("p9"), ["blind_a", "free_a", "ro_a", "secret_a"]],
])("%s is shown what it may read, in show, list and patch", async (_who, as, names) => {
  const { id } = await created({ ...WITH_ALL, visibility: "community" });
  const shown = (body: object) =>
    Object.keys(body)
      .filter((name) => Object.hasOwn(WITH_ALL, name))
      .sort();
  const one = await ask("GET", `/v2/images/${id}`, { as, env: protectedBy });
  const list = await ask("GET", `/v2/images?visibility=community&id=${id}`, { as, env: protectedBy });
  const changed = await patch(id, [{ op: "replace", path: "/name", value: "n" }], { as });
  expect([shown(one.body), shown(list.body.images[0]), shown(changed.body)]).toEqual([names, names, names]);
});

test("an image may be found by what may not be read of it", async () => {
  const { id } = await created({ secret_a: `value of ${crypto.randomUUID()}` });
  const { secret_a: value } = (await ask("GET", `/v2/images/${id}`)).body;
  const query = new URLSearchParams({ secret_a: value });
  const { body } = await ask("GET", `/v2/images?${query}`, { env: protectedBy });
  expect([body.images.length, body.images[0].secret_a]).toEqual([1, undefined]);
});

describe("a patch", () => {
  test.each<[string, Persona, number, unknown[]]>([
    ["adds what it may create", member("p1"), 200, [add("free_b")]],
    ["adds what it may not", member("p1"), 403, [add("secret_b")]],
    ["adds over what it may update", member("p1"), 200, [add("free_a")]],
    ["adds over what nobody may update", admin(), 403, [add("ro_a")]],
    ["replaces what nobody may update", admin(), 403, [replace("ro_a")]],
    ["replaces what it may not read", member("p1"), 409, [replace("secret_a")]],
    ["replaces what it may", admin(), 200, [replace("secret_a")]],
    ["removes what it may not read", member("p1"), 409, [remove("secret_a")]],
    ["removes what it may read only", member("p1"), 403, [remove("ro_a")]],
    ["removes what it may", admin(), 200, [remove("ro_a")]],
    ["adds over what it may create and not read", member("p1"), 200, [add("blind_a")]],
    ["adds what no rule fits", admin(), 403, [add("other_b")]],
    ["replaces what no rule fits", admin(), 409, [replace("other")]],
    ["touches nothing protected", member("p1"), 200, [replace("name")]],
    ["does what it may and what it may not", member("p1"), 403, [add("free_b"), add("secret_b")]],
  ])("that %s, by %j, answers %i", async (_what, as, status, operations) => {
    const { id } = await created(WITH_ALL);
    expect((await patch(id, operations, { as })).status).toBe(status);
  });

  test("keeps what its caller may not read", async () => {
    const { id } = await created(WITH_ALL);
    await patch(id, [replace("name", "new"), remove("free_a"), add("blind_a", "new")]);
    const { free_a: _, ...kept } = WITH_ALL;
    expect((await ask("GET", `/v2/images/${id}`)).body).toMatchObject({
      ...kept,
      name: "new",
      blind_a: "new",
    });
  });

  test("of v2.0 adds what is there and unreadable by the right to create", async () => {
    const { id } = await created(WITH_ALL);
    const added = (name: string) => patch(id, [{ add: `/${name}`, value: "x" }], { type: OLD_PATCH_TYPE });
    expect([(await added("blind_a")).status, (await added("free_a")).status]).toEqual([200, 409]);
  });

  test("of os_glance properties is refused as ever, rules or none", async () => {
    const { id } = await created();
    const env = under([{ name: ".*", ...all(["@"]) }]);
    expect((await patch(id, [add("os_glance_x")], { env })).status).toBe(403);
  });
});

test("rules of the policy decide on the image that has the property", async () => {
  const env = under([{ name: ".*", ...all(["@"]), read: ["modify_image"] }], "policies");
  const { id } = await created({ p: "v", visibility: "community" });
  const seenBy = async (as: Persona) => (await ask("GET", `/v2/images/${id}`, { as, env })).body.p;
  expect([await seenBy(member("p1")), await seenBy(reader("p1")), await seenBy(member("p2"))]).toEqual([
    "v",
    undefined,
    undefined,
  ]);
});
