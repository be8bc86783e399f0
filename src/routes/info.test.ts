import { describe, expect, test, vi } from "vitest";
import { admin, ask, member, reader, stranger } from "../../test/support/catalogue.ts";
import { allKeys } from "../../test/support/image-data.ts";
import { CONTAINER_FORMATS, DISK_FORMATS } from "../domain/image.ts";

const STORES = [
  { id: "fast", type: "memory", description: "fast one", weight: 3 },
  { id: "cheap", type: "memory" },
];

test("import methods are none yet", async () => {
  const { body } = await ask("GET", "/v2/info/import");
  expect(body["import-methods"]).toMatchObject({ type: "array", value: [] });
});

test("stores are listed in the order of the configuration, for any token", async () => {
  const { body } = await ask("GET", "/v2/info/stores", { as: stranger("p1"), env: { STORES } });
  expect(body).toEqual({
    stores: [{ id: "fast", description: "fast one", default: "true" }, { id: "cheap" }],
  });
});

test.each([
  ["an administrator", admin(), 200],
  ["a service", stranger("service"), 200],
  ["a member", member("p1"), 403],
])("stores in detail for %s answer %i", async (_who, as, status) => {
  const { status: answered, body } = await ask("GET", "/v2/info/stores/detail", { as, env: { STORES } });
  expect(answered).toBe(status);
  if (status === 200)
    expect(body.stores[0]).toEqual({
      id: "fast",
      description: "fast one",
      default: "true",
      type: "memory",
      weight: 3,
      properties: {},
    });
});

test("the store that is the default says so wherever it stands, and one that is only read", async () => {
  const more = {
    STORES: [
      { id: "old", type: "memory", readOnly: true },
      { id: "new", type: "r2", default: true },
    ],
  };
  const expected = [
    { id: "old", "read-only": "true" },
    { id: "new", default: "true" },
  ];
  expect((await ask("GET", "/v2/info/stores", { env: more })).body.stores).toEqual(expected);
  const { body } = await ask("GET", "/v2/info/stores/detail", { as: admin(), env: more });
  expect(body.stores).toMatchObject(expected);
});

test("a store that is only read says so, and a file store where it keeps what", async () => {
  const file = { id: "disk", type: "relay", kind: "file", relay: "r", path: "/srv/images", weight: 2 };
  const more = {
    STORES: [file, { id: "web", type: "http" }],
    RELAYS: [{ id: "r", url: "http://127.0.0.1:1" }],
    RELAY_KEYS: [{ relay: "r", id: "k", secret: "a secret that only tests use, long enough" }],
  };
  expect((await ask("GET", "/v2/info/stores", { env: more })).body.stores).toEqual([
    { id: "disk", default: "true" },
    { id: "web", "read-only": "true" },
  ]);
  const { body } = await ask("GET", "/v2/info/stores/detail", { as: admin(), env: more });
  expect(body.stores[0]).toMatchObject({
    ...{ type: "file", weight: 2 },
    properties: { data_dir: "/srv/images", chunk_size: 65536, thin_provisioning: true },
  });
  expect(body.stores[1]).toMatchObject({ type: "http", weight: 0, properties: {}, "read-only": "true" });
});

test("a bucket says from which size on it takes parts, and no secret", async () => {
  const cold = {
    id: "cold",
    type: "s3",
    endpoint: "http://s3.invalid",
    bucket: "images",
    accessKeyId: "AKIA",
  };
  const more = { STORES: [cold], STORE_SECRETS: [{ store: "cold", secret: "hunter2" }] };
  const { body } = await ask("GET", "/v2/info/stores/detail", { as: admin(), env: more });
  expect(body.stores).toEqual([
    {
      ...{ id: "cold", default: "true", type: "s3", weight: 0 },
      properties: {
        s3_store_large_object_size: 100,
        s3_store_large_object_chunk_size: 8,
        s3_store_thread_pools: 1,
      },
    },
  ]);
});

test("a Swift tells its container and sizes as Glance does, and no secret", async () => {
  const swift = { id: "s", type: "swift", authUrl: "http://swift.invalid", authVersion: 1, user: "a:b" };
  const more = { STORES: [swift], STORE_SECRETS: [{ store: "s", secret: "hunter2" }] };
  const { body } = await ask("GET", "/v2/info/stores/detail", { as: admin(), env: more });
  expect(body.stores).toEqual([
    {
      ...{ id: "s", default: "true", type: "swift", weight: 0 },
      properties: { container: "glance", large_object_size: 5120, large_object_chunk_size: 200 },
    },
  ]);
});

test("usage is empty while there are no unified limits", async () => {
  expect((await ask("GET", "/v2/info/usage", { as: reader("p1") })).body).toEqual({ usage: {} });
});

test("the image schema tells clients formats, base attributes and what not to send", async () => {
  const { body } = await ask("GET", "/v2/schemas/image", { as: stranger("p1") });
  expect(Object.keys(body)).toEqual(["name", "properties", "additionalProperties", "links"]);
  expect(body.properties.disk_format.enum).toEqual([null, ...DISK_FORMATS]);
  expect(body.properties.container_format.enum).toEqual([null, ...CONTAINER_FORMATS]);
  const names = (holds: (property: Record<string, unknown>) => boolean) =>
    Object.keys(body.properties)
      .filter((name) => holds(body.properties[name]))
      .sort()
      .join(" ");
  expect(names((property) => property.readOnly === true)).toBe(
    "checksum created_at direct_url file os_hash_algo os_hash_value schema self size status stores updated_at virtual_size",
  );
  expect(names((property) => property.is_base === false)).toBe(
    "architecture cinder_encryption_key_deletion_policy cinder_encryption_key_id description instance_uuid kernel_id os_distro os_version ramdisk_id",
  );
});

test("the schema of images holds that of an image", async () => {
  const image = (await ask("GET", "/v2/schemas/image")).body;
  const { body } = await ask("GET", "/v2/schemas/images");
  expect(body).toMatchObject({ name: "images", properties: { images: { type: "array", items: image } } });
  expect(body.links.map((link: { rel: string }) => link.rel)).toEqual(["first", "next", "describedby"]);
});

test.each([
  ["HEAD", "/v2/images", 405, "GET, POST"],
  ["PUT", "/v2/images", 405, "GET, POST"],
  ["HEAD", "/v2/images/some-id", 405, "GET, PATCH, DELETE"],
  ["POST", "/v2/images/some-id", 405, "GET, PATCH, DELETE"],
  ["POST", "/v2/schemas/image", 405, "GET"],
  ["DELETE", "/v2/info/stores", 405, "GET"],
  ["OPTIONS", "/v2/info/import", 405, "GET"],
  ["PUT", "/healthcheck", 405, "GET, HEAD"],
  ["GET", "/v2/nope", 404, null],
  ["PUT", "/v2/nope", 404, null],
  ["GET", "/v2/schemas/nope", 404, null],
  ["GET", "/v2/images/", 404, null],
])("%s %s answers %i, allowing %s", async (method, path, status, allow) => {
  const answer = await ask(method, path);
  expect([answer.status, answer.headers.get("allow")]).toEqual([status, allow]);
});

describe("a store is tried", () => {
  const check = (id: string, asking: Parameters<typeof ask>[2] = {}) =>
    ask("POST", `/v2/info/stores/${id}/check`, { as: admin(), ...asking });

  test("for an administrator, and keeps nothing of it", async () => {
    for (const store of ["file", "r2"]) {
      const { status, body } = await check(store);
      expect([status, body]).toEqual([
        200,
        { store, ok: true, findings: expect.arrayContaining([{ ok: true, what: "can be read in part" }]) },
      ]);
    }
    expect((await allKeys()).filter((key) => key.endsWith(".doctor"))).toEqual([]);
  });

  test("which is only read by looking at it, and one of web servers not at all", async () => {
    const STORES = [
      { id: "r2", type: "r2" },
      { id: "old", type: "memory", readOnly: true },
      { id: "web", type: "http" },
    ];
    const env = { STORES };
    expect((await check("old", { env })).body.findings).toEqual([
      { ok: true, what: "answers, and is only read" },
    ]);
    expect((await check("web", { env })).body).toMatchObject({ ok: true });
  });

  test("and what is wrong with it is an answer with a remedy, without any secret", async () => {
    const cold = {
      ...{ id: "cold", type: "s3", endpoint: "http://127.0.0.1:1", bucket: "images", accessKeyId: "AKIA" },
    };
    const refusal = (code: string, status: number) =>
      new Response(`<Error><Code>${code}</Code><Message>AKIA hunter2</Message></Error>`, { status });
    const env = {
      STORES: [{ id: "r2", type: "r2" }, cold],
      STORE_SECRETS: [{ store: "cold", secret: "hunter2" }],
    };
    for (const [code, status, words, remedy] of [
      ["NoSuchBucket", 404, "is missing", "Make it"],
      ["AccessDenied", 403, "does not allow", "list, read, write and remove"],
      ["SignatureDoesNotMatch", 403, "credentials", "STORE_SECRETS"],
      ["RequestTimeTooSkewed", 403, "clocks", "Set the clock"],
      ["QuotaExceeded", 403, "no room", "Make room"],
    ] as const) {
      vi.spyOn(globalThis, "fetch").mockImplementation(async () => refusal(code, status));
      const { status: answered, body } = await check("cold", { env });
      expect([answered, body.ok], code).toEqual([200, false]);
      expect(body.findings[0].what, code).toContain(words);
      expect(body.findings[0].remedy, code).toContain(remedy);
      expect(JSON.stringify(body)).not.toMatch(/hunter2|AKIA/);
    }
    vi.restoreAllMocks();
  });

  test("for nobody else, and nothing that is no store", async () => {
    for (const as of [member("p1"), reader("p1"), stranger("service")])
      expect((await check("r2", { as })).status).toBe(403);
    expect((await check("nope")).status).toBe(404);
    expect((await check("r2", { body: "{}" })).status).toBe(400);
    const { headers, status } = await ask("GET", "/v2/info/stores/r2/check", { as: admin() });
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
  });
});
