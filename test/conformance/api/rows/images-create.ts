import { long, many, type Row, type Step } from "../row.ts";

const UUID = "7b3e0e2a-1a7c-4c0b-9f39-8f6a3e5d2c11";

const create = (expect: number, what: string, body: unknown, more: Partial<Step> = {}): Row => ({
  row: `images §2: ${expect} for ${what}`,
  send: "POST /v2/images",
  body,
  expect,
  ...more,
});

/** spec/images.md section 1.1: what a caller may set, and what an attribute is that nobody set. */
const ATTRIBUTES: Row[] = [
  {
    row: "images §1.1: the defaults of an image",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: {
      body: {
        ...{ status: "queued", visibility: "shared", protected: false, os_hidden: false, owner: "{own}" },
        ...{ min_disk: 0, min_ram: 0, tags: [], size: null, virtual_size: null, schema: "/v2/schemas/image" },
      },
    },
  },
  {
    row: "images §1.1: every writable attribute is kept as it was given",
    send: "POST /v2/images",
    body: {
      ...{ id: "7B3E0E2A-1A7C-4C0B-9F39-8F6A3E5D2C10", name: "", visibility: "private", protected: true },
      ...{ os_hidden: true, disk_format: "vhdx", container_format: "ova", min_disk: 2147483647, min_ram: 64 },
      ...{ tags: ["é"], owner: "{own}" },
    },
    expect: 201,
    answer: {
      body: {
        ...{ id: "7B3E0E2A-1A7C-4C0B-9F39-8F6A3E5D2C10", name: "", visibility: "private", protected: true },
        ...{
          os_hidden: true,
          disk_format: "vhdx",
          container_format: "ova",
          min_disk: 2147483647,
          min_ram: 64,
        },
        ...{ tags: ["é"], self: "/v2/images/7B3E0E2A-1A7C-4C0B-9F39-8F6A3E5D2C10" },
      },
    },
  },
  {
    row: "images §1.1: hashes in a create are ignored",
    send: "POST /v2/images",
    body: { os_hash_algo: "md5", os_hash_value: "00" },
    expect: 201,
    answer: { body: { os_hash_algo: null, os_hash_value: null } },
  },
  {
    row: "images §1.1: updated_at moves with a change",
    given: { columns: { updated_at: 0 } },
    send: "PATCH {image}",
    headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
    body: [{ op: "replace", path: "/name", value: "x" }],
    expect: 200,
    answer: { body: /"updated_at":"20[2-9]/ },
  },
  {
    row: "images §1.1: file is there also without data",
    given: {},
    send: "GET {image}",
    expect: 200,
    answer: { body: { file: "{image}/file", self: "{image}" }, without: ["stores"] },
  },
  {
    row: "images §1.1: stores names the store of the data",
    given: { data: "x", store: "r2" },
    send: "GET {image}",
    expect: 200,
    answer: { body: { stores: "r2" } },
  },
  ...["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"].map(
    (format): Row => ({
      row: `images §1.2: ${format} is a disk format`,
      send: "POST /v2/images",
      body: { disk_format: format },
      expect: 201,
    }),
  ),
  ...["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"].map(
    (format): Row => ({
      row: `images §1.2: ${format} is a container format`,
      send: "POST /v2/images",
      body: { container_format: format },
      expect: 201,
    }),
  ),
];

/** Sections 1.3 and 1.4. */
const PROPERTIES: Row[] = [
  ["a number", { p: 1 }],
  ["a boolean", { p: true }],
  ["null", { p: null }],
  ["an array", { p: [] }],
  ["an object", { p: {} }],
]
  .map(
    ([what, body]): Row => ({
      row: `images §1.3: ${what} is no value of a property`,
      send: "POST /v2/images",
      body,
      expect: 400,
    }),
  )
  .concat([
    {
      row: "images §1.3: kernel_id and ramdisk_id are UUIDs or null, and shown as null",
      send: "POST /v2/images",
      body: { kernel_id: null, ramdisk_id: UUID },
      expect: 201,
      answer: { body: { kernel_id: null, ramdisk_id: UUID } },
    },
    {
      row: "images §1.3: a kernel_id that is no UUID is refused",
      send: "POST /v2/images",
      body: { kernel_id: "vmlinuz" },
      expect: 400,
    },
    {
      row: "images §1.3: a key deletion policy is one of two",
      send: "POST /v2/images",
      body: { cinder_encryption_key_deletion_policy: "sometimes" },
      expect: 400,
    },
    {
      row: "images §1.3: a known property that must be text is refused as null",
      send: "POST /v2/images",
      body: { os_distro: null },
      expect: 400,
    },
    ...[
      "os_glance_x",
      "os_glancex",
      "os_glance_import_task",
      "location",
      "locations",
      "deleted",
      "deleted_at",
    ].map(
      (name): Row => ({
        row: `images §1.4: ${name} is reserved`,
        send: "POST /v2/images",
        body: { [name]: "x" },
        expect: 403,
      }),
    ),
  ]);

/** Section 2, the table of status codes. */
const STATUSES: Row[] = [
  create(201, "an empty object", {}, { answer: { body: { status: "queued", size: null } } }),
  create(
    201,
    "an id of either case, kept as it is",
    { id: "AbCdEf00-1a7c-4c0b-9f39-8f6a3e5d2c11" },
    { answer: { body: { id: "AbCdEf00-1a7c-4c0b-9f39-8f6a3e5d2c11" } } },
  ),
  create(201, "a name of 255 characters", { name: long(255) }),
  create(201, "a null name", { name: null }, { answer: { body: { name: null } } }),
  create(201, "tags that repeat, which count once", { tags: [...Object.keys(many(128)), "p0"] }),
  create(400, "no body", undefined),
  create(400, "what is not JSON", "{"),
  create(400, "what is no object [DEV]", "[]"),
  create(400, "a name of 256 characters", { name: long(256) }),
  create(400, "a name that is no text", { name: 1 }),
  create(400, "an id that is no UUID", { id: "nope" }),
  create(400, "an unknown visibility", { visibility: "secret" }),
  create(400, "a null visibility", { visibility: null }),
  create(400, "a protected that is no boolean", { protected: "true" }),
  create(400, "an os_hidden that is no boolean", { os_hidden: 1 }),
  create(400, "a negative min_disk", { min_disk: -1 }),
  create(400, "a min_ram that is no integer", { min_ram: 1.5 }),
  create(400, "a null min_ram", { min_ram: null }),
  create(400, "a min_disk over 2³¹−1", { min_disk: 2 ** 31 }),
  create(400, "a min_ram over 2³¹−1", { min_ram: 2 ** 31 }),
  create(400, "an unknown disk_format", { disk_format: "floppy" }),
  create(400, "an unknown container_format", { container_format: "box" }),
  create(400, "tags that are no array", { tags: "x" }),
  create(400, "a tag that is no text", { tags: [1] }),
  create(400, "a tag of 256 characters", { tags: [long(256)] }),
  create(400, "a property that is no text", { p: 1 }),
  create(400, "a property key of 256 characters", { [long(256)]: "x" }),
  create(400, "a nested properties object", { properties: { a: "b" } }),
  create(400, "a character above U+FFFF in a property", { p: "🐧" }),
  create(400, "a character above U+FFFF in a key", { "🐧": "p" }),
  create(400, "a character above U+FFFF in a tag", { tags: ["🐧"] }),
  create(403, "a reader", {}, { as: "reader" }),
  create(403, "another project as owner", { owner: "{other}" }),
  create(403, "a null owner", { owner: null }),
  create(403, "public without the right to publicize", { visibility: "public" }),
  ...[
    "status",
    "size",
    "checksum",
    "virtual_size",
    "created_at",
    "updated_at",
    "self",
    "file",
    "schema",
    "direct_url",
    "stores",
  ].map((name) => create(403, `the read-only ${name}`, { [name]: "x" })),
  create(403, "a reserved name", { os_glance_foo: "x" }),
  create(201, "its own project as owner", { owner: "{own}" }),
  create(
    201,
    "another project as owner, by an administrator",
    { owner: "{other}" },
    { as: "admin", answer: { body: { owner: "{other}" } } },
  ),
  create(
    201,
    "nobody as owner, by an administrator",
    { owner: null },
    { as: "admin", answer: { body: { owner: null } } },
  ),
  create(201, "public by an administrator", { visibility: "public" }, { as: "admin" }),
  create(201, "community by a member", { visibility: "community" }),
  create(201, "private by a member", { visibility: "private" }),
  {
    row: "images §2: 409 for an id that is taken",
    given: {},
    send: "POST /v2/images",
    body: { id: "{id}" },
    as: "other member",
    expect: 409,
  },
  {
    row: "images §2: 409 for the id of a deleted image",
    given: { fate: "deleted" },
    send: "POST /v2/images",
    body: { id: "{id}" },
    expect: 409,
  },
  create(201, "128 properties", many(128)),
  create(413, "129 properties", many(129)),
  create(201, "128 tags", { tags: Object.keys(many(128)) }),
  create(413, "129 tags", { tags: Object.keys(many(129)) }),
  create(413, "more images than image_count_total", {}, { settings: { QUOTAS: { imageCountTotal: 0 } } }),
  create(201, "a project with no upload left", {}, { settings: { QUOTAS: { imageCountUploading: 0 } } }),
];

export const imagesCreate: readonly Row[] = [...ATTRIBUTES, ...PROPERTIES, ...STATUSES];
