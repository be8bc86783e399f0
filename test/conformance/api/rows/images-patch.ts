import {
  ABSENT,
  ACTIVE,
  type Given,
  long,
  many,
  OLD_PATCH,
  PATCH,
  PUBLIC,
  type Row,
  type Step,
} from "../row.ts";

export const op = (verb: string, path: string, value?: unknown) => ({
  op: verb,
  path,
  ...(value === undefined ? {} : { value }),
});

const patch = (
  section: string,
  expect: number,
  what: string,
  body: unknown,
  more: Partial<Step> & { given?: Given } = {},
): Row => ({
  row: `images §${section}: ${expect} for ${what}`,
  given: {},
  send: "PATCH {image}",
  headers: PATCH,
  body,
  expect,
  ...more,
});

/** Without an image: what is malformed is refused before the lookup. */
const malformed = (section: string, what: string, body: unknown): Row => ({
  row: `images §${section}: 400 for ${what}`,
  send: `PATCH ${ABSENT}`,
  headers: PATCH,
  body,
  expect: 400,
});

const COLOR: Given = { fields: { color: "red", tags: ["x"] } };

/** spec/images.md section 5.1. */
const MEDIA_TYPES: Row[] = [
  patch("5.1", 200, "v2.1: the operation is a member", [op("replace", "/name", "x")], {
    after: { name: "x" },
  }),
  patch("5.1", 200, "v2.0: the operation is the key", [{ replace: "/name", value: "x" }], {
    headers: OLD_PATCH,
    after: { name: "x" },
  }),
  patch("5.1", 200, "v2.1: add on a property that exists", [op("add", "/color", "blue")], {
    given: COLOR,
    after: { color: "blue" },
  }),
  patch("5.1", 409, "v2.0: add on a property that exists", [{ add: "/color", value: "blue" }], {
    given: COLOR,
    headers: OLD_PATCH,
    after: { color: "red" },
  }),
  malformed("5.1", "the v2.0 form under the v2.1 type", [{ replace: "/name", value: "x" }]),
  patch("5.1", 400, "the v2.1 form under the v2.0 type", [op("replace", "/name", "x")], {
    headers: OLD_PATCH,
  }),
  ...["test", "move", "copy"].map((verb) =>
    malformed("5.1", `the operation ${verb}`, [op(verb, "/name", "x")]),
  ),
  patch("5.1", 200, "operations in order", [op("add", "/a", "1"), op("replace", "/a", "2")], {
    after: { a: "2" },
  }),
  patch(
    "5.1",
    409,
    "a last operation that fails, and nothing is changed",
    [op("replace", "/color", "blue"), op("remove", "/nope")],
    { given: COLOR, after: { color: "red" } },
  ),
];

/** Section 5.2, the table of status codes. */
const STATUSES: Row[] = [
  patch("5.2", 200, "an empty array, which changes nothing", [], {
    given: COLOR,
    answer: { body: { color: "red" } },
  }),
  malformed("5.2", "no body", undefined),
  malformed("5.2", "a body that is no array", {}),
  malformed("5.2", "an item that is no object", [1]),
  malformed("5.2", "an item without an operation", [{ path: "/name", value: "x" }]),
  malformed("5.2", "an unknown operation", [op("frobnicate", "/name", "x")]),
  patch("5.2", 400, "two operations in one item", [{ add: "/a", remove: "/b", value: "x" }], {
    headers: OLD_PATCH,
  }),
  malformed("5.2", "a missing path", [{ op: "add", value: "x" }]),
  malformed("5.2", "a missing value of add", [op("add", "/name")]),
  malformed("5.2", "a missing value of replace", [op("replace", "/name")]),
  malformed("5.2", "a value that its schema refuses", [op("replace", "/name", 1)]),
  malformed("5.2", "a null protected", [op("replace", "/protected", null)]),
  patch("5.2", 403, "an image that is visible and another's", [op("replace", "/name", "x")], {
    given: PUBLIC,
    as: "other member",
    after: { name: null },
  }),
  patch("5.2", 403, "an image that is shared with the caller", [], {
    given: { members: { other: "accepted" } },
    as: "other member",
  }),
  patch("5.2", 403, "a reader", [op("replace", "/name", "x")], { as: "reader" }),
  patch("5.2", 404, "an image that is invisible", [], { as: "other member" }),
  patch("5.2", 404, "a token without the role reader", [], { as: "auditor" }),
  {
    row: "images §5.2: 404 for an image that is absent",
    send: `PATCH ${ABSENT}`,
    headers: PATCH,
    body: [],
    expect: 404,
  },
  patch("5.2", 404, "an image that is deleted", [], { given: { fate: "deleted" } }),
  patch("5.2", 409, "the replacement of a property that is not there", [op("replace", "/nope", "x")]),
  patch("5.2", 409, "the removal of a property that is not there", [op("remove", "/nope")]),
  patch("5.2", 413, "129 properties", [op("add", "/one-more", "x")], { given: { fields: many(128) } }),
  patch("5.2", 413, "129 tags", [op("replace", "/tags", Object.keys(many(129)))], { after: { tags: [] } }),
  patch("5.2", 200, "an image over its limit that shrinks and stays over it", [op("remove", "/p0")], {
    given: { fields: many(4) },
    settings: { LIMITS: { imagePropertyQuota: 2 } },
  }),
  patch("5.2", 413, "an image over its limit that grows", [op("add", "/q", "x")], {
    given: { fields: many(4) },
    settings: { LIMITS: { imagePropertyQuota: 2 } },
  }),
  patch("5.2", 415, "another media type", [], { headers: { "content-type": "application/json" } }),
];

/** Section 5.3. */
const POINTERS: Row[] = [
  ...[
    ["a path without a slash", "name"],
    ["an empty path", ""],
    ["adjacent slashes", "/a//b"],
    ["a trailing slash", "/a/"],
    ["a slash alone [DEV]", "/"],
    ["an unknown escape", "/a~2b"],
    ["a tilde at the end", "/a~"],
    ["two tokens", "/a/b"],
    ["an element of tags", "/tags/-"],
    ["locations added whole", "/locations"],
  ].map(([what, path]) => malformed("5.3", String(what), [op("add", String(path), "x")])),
  malformed("5.3", "one location replaced", [op("replace", "/locations/0", {})]),
  malformed("5.3", "locations removed whole", [op("remove", "/locations")]),
  patch("5.3", 200, "~1 and ~0, which are a slash and a tilde", [op("add", "/a~1b~0c", "x")], {
    after: { "a/b~c": "x" },
  }),
];

const BASE = [
  "name",
  "visibility",
  "protected",
  "os_hidden",
  "min_disk",
  "min_ram",
  "tags",
  "owner",
  "disk_format",
  "container_format",
];
const READ_ONLY = [
  "id",
  "status",
  "checksum",
  "size",
  "virtual_size",
  "os_hash_algo",
  "os_hash_value",
  "created_at",
  "updated_at",
  "self",
  "file",
  "schema",
  "direct_url",
];
const RESERVED = ["os_glance_x", "deleted", "deleted_at", "location"];

/** Section 5.4, the table of targets. */
const TARGETS: Row[] = [
  ...[
    ["name", "x"],
    ["name", null],
    ["visibility", "private"],
    ["protected", true],
    ["os_hidden", true],
    ["min_disk", 5],
    ["min_ram", 5],
    ["tags", ["y"]],
    ["tags", []],
    ["disk_format", "qcow2"],
    ["container_format", "ovf"],
    ["disk_format", null],
  ].flatMap(([name, value]) =>
    ["replace", "add"].map((verb) =>
      patch("5.4", 200, `${verb} of ${name}, ${JSON.stringify(value)}`, [op(verb, `/${name}`, value)], {
        after: { [String(name)]: value },
      }),
    ),
  ),
  patch("5.4", 409, "v2.0 add of a base attribute", [{ add: "/name", value: "x" }], { headers: OLD_PATCH }),
  ...BASE.map((name) => patch("5.4", 403, `remove of ${name}`, [op("remove", `/${name}`)])),
  ...READ_ONLY.flatMap((name) =>
    ["add", "replace", "remove"].map((verb) =>
      patch("5.4", 403, `${verb} of the read-only ${name}`, [op(verb, `/${name}`, "x")]),
    ),
  ),
  ...RESERVED.flatMap((name) =>
    ["add", "replace", "remove"].map((verb) =>
      patch("5.4", 403, `${verb} of the reserved ${name}`, [op(verb, `/${name}`, "x")]),
    ),
  ),
  patch("5.4", 403, "a format of an image that is active", [op("replace", "/disk_format", "qcow2")], {
    given: ACTIVE,
    after: { disk_format: "raw" },
  }),
  patch("5.4", 200, "a format of an image that is importing", [op("replace", "/disk_format", "qcow2")], {
    given: { columns: { status: "importing" } },
  }),
  patch("5.4", 403, "a format of an image that is saving", [op("replace", "/container_format", "ovf")], {
    given: { columns: { status: "saving" } },
  }),
  patch("5.4", 200, "add of a property that is new", [op("add", "/color", "red")], {
    after: { color: "red" },
  }),
  patch("5.4", 200, "replace of a property that is there", [op("replace", "/color", "blue")], {
    given: COLOR,
    after: { color: "blue" },
  }),
  {
    row: "images §5.4: 200 for remove of a property that is there",
    given: COLOR,
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("remove", "/color")],
    expect: 200,
    answer: { without: ["color"] },
  },
  malformed("5.4", "a null min_ram", [op("replace", "/min_ram", null)]),
  malformed("5.4", "a property that is a number", [op("add", "/p", 1)]),
  malformed("5.4", "a key of 256 characters [DEV]", [op("add", `/${long(256)}`, "x")]),
];

/** Sections 5.5 to 5.7. */
const RIGHTS: Row[] = [
  patch("5.5", 403, "public by a member", [op("replace", "/visibility", "public")], {
    after: { visibility: "shared" },
  }),
  patch("5.5", 200, "public by an administrator", [op("replace", "/visibility", "public")], {
    as: "admin",
    after: { visibility: "public" },
  }),
  patch("5.5", 200, "community by the owner", [op("replace", "/visibility", "community")], {
    after: { visibility: "community" },
  }),
  patch("5.5", 200, "private by the owner", [op("replace", "/visibility", "private")], {
    after: { visibility: "private" },
  }),
  patch("5.6", 403, "another owner by a member", [op("replace", "/owner", "{other}")], {
    after: { owner: "{own}" },
  }),
  patch("5.6", 200, "another owner by an administrator", [op("replace", "/owner", "{other}")], {
    as: "admin",
    after: { owner: "{other}" },
  }),
  patch("5.6", 200, "nobody as owner by an administrator", [op("replace", "/owner", null)], {
    as: "admin",
    after: { owner: null },
  }),
  patch("5.7", 403, "add of an owner by a member, as replace is [DEV]", [op("add", "/owner", "{other}")], {
    after: { owner: "{own}" },
  }),
  ...["member", "image_id", "get_data", "extra_properties"].map((name) =>
    patch("5.7", 200, `${name}, which is a property like others [DEV]`, [op("add", `/${name}`, "x")], {
      after: { [name]: "x" },
    }),
  ),
  patch("5.7", 403, "add of stores [DEV]", [op("add", "/stores", "x")]),
];

export const imagesPatch: readonly Row[] = [...MEDIA_TYPES, ...STATUSES, ...POINTERS, ...TARGETS, ...RIGHTS];
