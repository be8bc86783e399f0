import { expect, test } from "vitest";
import { type Env, readConfig } from "./env.ts";

const good = {
  STORES: [{ id: "r2", type: "r2" }],
  IDENTITY: { mode: "embedded" },
  TOKEN_SIGNING_KEY: "0123456789012345678901234567890123456789",
};
const read = (vars: object) => readConfig(vars as unknown as Env);

test("settings that are left out get their defaults", () => {
  const result = read(good);
  expect(result).toMatchObject({
    ok: true,
    config: { transfers: { leaseSeconds: 60, heartbeatSeconds: 15 }, limits: { imagePropertyQuota: 128 } },
  });
});

test("every mistake is reported at once, by name and never by value", () => {
  const result = read({
    STORES: [
      { id: "os_glance_x", type: "r2" },
      { id: "a", type: "tape" },
    ],
    IDENTITY: { mode: "embedded" },
    TOKEN_SIGNING_KEY: "hunter2",
    LIMITS: { imageSizeCapBytes: "big" },
  });
  if (result.ok) throw new Error("the settings were accepted");
  const text = result.problems.join("\n");
  for (const name of ["STORES.0.id", "STORES.1.type", "TOKEN_SIGNING_KEY", "LIMITS.imageSizeCapBytes"])
    expect(text).toContain(name);
  expect(text).not.toContain("hunter2");
});

test.each<[string, object, string]>([
  ["first", { STORES: [{ id: "web", type: "http" }] }, "STORES"],
  [
    "with an entry of allow that is none",
    { STORES: [...good.STORES, { id: "web", type: "http", allow: ["http://x"] }] },
    "STORES.1.allow.0",
  ],
  [
    "with no port at all",
    { STORES: [...good.STORES, { id: "web", type: "http", ports: [] }] },
    "STORES.1.ports",
  ],
])("a store of web servers is refused %s", (_what, vars, problem) => {
  const result = read({ ...good, ...vars });
  expect(result.ok ? [] : result.problems.join()).toContain(problem);
});

test.each([
  "https://console.example.org",
  "http://localhost:8080",
  "tauri://localhost",
  "https://[::1]:8443",
  "*",
])("an origin is allowed as browsers write it: %s", (origin) => {
  expect(read({ ...good, CORS: { allowedOrigins: [origin] } })).toMatchObject({ ok: true });
});

test.each(["https://console.example.org/", "console.example.org", "https://Example.org", "null", ""])(
  "what no browser would say is no origin: %o",
  (origin) => {
    const result = read({ ...good, CORS: { allowedOrigins: [origin] } });
    expect(result.ok ? "" : result.problems.join()).toContain("CORS.allowedOrigins.0 is no origin");
  },
);

test("the lists of CORS name headers and methods", () => {
  const result = read({ ...good, CORS: { allowHeaders: ["a b"], allowMethods: ["GET,PUT"] } });
  expect(result.ok ? "" : result.problems.join()).toMatch(/CORS\.allowMethods\.0 .*CORS\.allowHeaders\.0/);
});

const secretOf = (id: string) => `a secret named ${id} that only tests use`;
const keyOf = (relay: string, id: string) => ({ relay, id, secret: secretOf(id) });
const site = (id: string, relay: string) => ({ id, type: "relay", kind: "file", path: `/${id}`, relay });

const withRelays = {
  ...good,
  STORES: [...good.STORES, site("here", "north"), site("there", "south")],
  RELAYS: [
    { id: "north", url: "http://127.0.0.1:1" },
    { id: "south", url: "http://relay.invalid", binding: "SOUTH" },
  ],
  RELAY_KEYS: [keyOf("south", "s1"), keyOf("north", "n2"), keyOf("north", "n1")],
  SOUTH: { fetch: () => {} },
};

test.each([
  ["a list", withRelays.RELAY_KEYS],
  ["its JSON, as secrets are kept on Cloudflare", JSON.stringify(withRelays.RELAY_KEYS)],
])("relays have their own keys in the order given, from %s", (_, RELAY_KEYS) => {
  const result = read({ ...withRelays, RELAY_KEYS });
  expect(result.ok ? result.config.relays : result.problems).toEqual([
    {
      id: "north",
      url: "http://127.0.0.1:1",
      keys: [
        { id: "n2", secret: secretOf("n2") },
        { id: "n1", secret: secretOf("n1") },
      ],
    },
    {
      id: "south",
      url: "http://relay.invalid",
      binding: "SOUTH",
      keys: [{ id: "s1", secret: secretOf("s1") }],
    },
  ]);
});

test("a relay that keeps no store of the edge needs no url", () => {
  expect(read({ ...good, RELAYS: [{ id: "r" }], RELAY_KEYS: [keyOf("r", "k")] })).toMatchObject({
    ok: true,
    config: { relays: [{ id: "r", keys: [{ id: "k" }] }] },
  });
});

const [north, south] = withRelays.RELAYS;
const keys = withRelays.RELAY_KEYS;

test.each([
  ["two relays of one id", { RELAYS: [north, south, north] }, "RELAYS has two relays of one id"],
  [
    "a relay of a strange id",
    { RELAYS: [north, south, { id: "a b" }], RELAY_KEYS: [...keys, keyOf("a b", "k")] },
    "RELAYS.2.id is not a relay id",
  ],
  ["a relay's url that is not http", { RELAYS: [north, { ...south, url: "ftp://a" }] }, "RELAYS.1.url"],
  [
    "a binding without a url",
    { RELAYS: [north, south, { id: "west", binding: "SOUTH" }], RELAY_KEYS: [...keys, keyOf("west", "k")] },
    "RELAYS.2 has a binding",
  ],
  ["a binding that is not there", { SOUTH: undefined }, "RELAYS names a binding"],
  ["a binding that cannot fetch", { SOUTH: "a text" }, "RELAYS names a binding"],
  ["a store of no relay", { RELAYS: [north], RELAY_KEYS: keys.slice(1) }, "STORES names a relay"],
  ["a store of a relay without a url", { RELAYS: [north, { id: "south" }] }, "RELAYS has no url"],
  ["no key at all", { RELAY_KEYS: undefined }, "RELAY_KEYS must have one key or two"],
  ["a relay without a key", { RELAY_KEYS: keys.slice(1) }, "RELAY_KEYS must have one key or two"],
  ["a relay of three keys", { RELAY_KEYS: [...keys, keyOf("north", "n3")] }, "RELAY_KEYS must have one key"],
  ["a key of no relay", { RELAY_KEYS: [...keys, keyOf("west", "w1")] }, "RELAY_KEYS has a key of a relay"],
  [
    "two keys of one id",
    { RELAY_KEYS: [...keys, keyOf("south", "n1")] },
    "RELAY_KEYS has two keys of one id",
  ],
  [
    "a key id that cannot be signed with",
    { RELAY_KEYS: [...keys, keyOf("south", "s,2")] },
    "RELAY_KEYS.3.id",
  ],
])("%s is the one thing reported", (_, vars, problem) => {
  const result = read({ ...withRelays, ...vars });
  expect(result.ok ? [] : result.problems).toEqual([expect.stringContaining(problem)]);
});

test("all that is wrong with relays is reported at once", () => {
  const result = read({
    ...good,
    LOG_LEVEL: "loud",
    STORES: [site("here", "north"), site("there", "south")],
    RELAYS: [{ id: "north" }, { id: "north" }],
    RELAY_KEYS: [keyOf("west", "k"), keyOf("west", "k")],
  });
  expect(result.ok ? [] : result.problems.toSorted()).toEqual([
    expect.stringContaining("LOG_LEVEL"),
    expect.stringContaining("RELAYS has no url"),
    expect.stringContaining("RELAYS has two relays"),
    expect.stringContaining("RELAY_KEYS has a key of a relay"),
    expect.stringContaining("RELAY_KEYS has two keys"),
    expect.stringContaining("RELAY_KEYS must have"),
    expect.stringContaining("STORES names a relay"),
  ]);
});

test.each([
  "not JSON",
  '"text"',
  "{}",
  '["hunter2"]',
  '[{"relay":"north","id":"k1"}]',
  '[{"relay":"north","id":"k1","secret":"short"}]',
  `[{"relay":"north","id":"k1","secret":"${secretOf("k1")}","hunter2":1}]`,
])("relay keys of %s are refused by name, never by value", (given) => {
  const result = read({ ...good, RELAYS: [north], RELAY_KEYS: given });
  if (result.ok) throw new Error("the keys were accepted");
  for (const problem of result.problems) expect(problem).toMatch(/^RELAY_KEYS/);
  expect(result.problems.join()).not.toMatch(/not JSON|short\b|hunter2|only tests/);
});

test.each([
  ["two stores of one id", { STORES: [...good.STORES, ...good.STORES] }, "STORES"],
  ["no store at all", { STORES: [] }, "STORES"],
  ["embedded identity without a signing key", { TOKEN_SIGNING_KEY: undefined }, "TOKEN_SIGNING_KEY"],
  [
    "a heartbeat too slow for the lease",
    { TRANSFERS: { leaseSeconds: 10, heartbeatSeconds: 9 } },
    "TRANSFERS",
  ],
  [
    "a list longer without a limit than with one",
    { LIMITS: { listLimitDefault: 3, listLimitMax: 2 } },
    "LIMITS",
  ],
  ["identity none that nobody said is meant", { IDENTITY: { mode: "none" } }, "IDENTITY"],
])("%s is refused", (_, vars, name) => {
  const result = read({ ...good, ...vars });
  expect(result.ok ? [] : result.problems).toContainEqual(expect.stringContaining(name));
});

test("mistakes of one variable and of several together are reported at once", () => {
  const result = read({
    ...good,
    LOG_LEVEL: "loud",
    TOKEN_SIGNING_KEY: undefined,
    TRANSFERS: { leaseSeconds: 10, heartbeatSeconds: 9 },
    STORES: "none",
  });
  const problems = result.ok ? "" : result.problems.join("\n");
  for (const name of ["LOG_LEVEL", "TOKEN_SIGNING_KEY", "TRANSFERS", "STORES"])
    expect(problems).toContain(name);
});

test("identity none is taken when it is meant, and at home, where the launcher has asked", () => {
  const { TOKEN_SIGNING_KEY: _, ...rest } = good;
  expect(read({ ...rest, IDENTITY: { mode: "none", allowAnyone: true } }).ok).toBe(true);
  expect(read({ ...rest, IDENTITY: { mode: "none" }, SINGLE_PROCESS: true }).ok).toBe(true);
});

const right = { create: ["@"], read: ["admin", "member"], update: [], delete: ["!"] };

test("rules for properties are read in their order, with roles in lower case", () => {
  const rules = [
    { name: "^a", ...right },
    { name: ".*", ...right, read: ["Admin"] },
  ];
  const result = read({ ...good, PROPERTY_PROTECTION: { rules } });
  const rights = { create: "everybody", update: "nobody", delete: "nobody" };
  expect(result.ok ? result.config.propertyProtection : result.problems).toEqual([
    { pattern: /^a/, rights: { ...rights, read: { roles: ["admin", "member"] } } },
    { pattern: /.*/, rights: { ...rights, read: { roles: ["admin"] } } },
  ]);
});

test("every mistake in the rules for properties is reported at once", () => {
  const { delete: _, ...incomplete } = right;
  const rules = [
    { name: "(", ...right },
    { name: "a", ...incomplete },
    { name: "b", ...right, read: ["@", "admin"] },
    { name: "c", ...right, surprise: 1 },
  ];
  const result = read({ ...good, PROPERTY_PROTECTION: { rules } });
  const text = result.ok ? "" : result.problems.join("\n");
  for (const name of ["rules.0.name", "rules.1.delete", "rules.2.read", "rules.3"])
    expect(text).toContain(`PROPERTY_PROTECTION.${name}`);
});

test("rules for properties by policy name one rule that there is", () => {
  const rules = [
    { name: ".*", create: ["nope"], read: ["get_image", "modify_image"], update: ["@"], delete: [] },
  ];
  const result = read({ ...good, PROPERTY_PROTECTION: { mode: "policies", rules } });
  expect(result.ok ? [] : result.problems).toEqual([
    "PROPERTY_PROTECTION.rules.0.create names a rule that the policy does not have",
    "PROPERTY_PROTECTION.rules.0.read names more than one rule of the policy",
  ]);
});

test("quotas are read with their units, and a project's own entry beside those for all", () => {
  const QUOTAS = {
    imageCountTotal: 3,
    userStorageQuota: "10GB",
    projects: [{ id: "p", userStorageQuota: 5 }],
  };
  expect(read({ ...good, QUOTAS })).toMatchObject({
    ok: true,
    config: {
      quotas: {
        imageCountTotal: 3,
        userStorageQuota: 10 * 1024 ** 3,
        projects: [{ id: "p", userStorageQuota: 5 }],
      },
    },
  });
});

test("limits of Keystone need a Keystone, a user there, and no others beside them", () => {
  const IDENTITY = {
    mode: "keystone",
    authUrl: "http://keystone:5000",
    username: "glimpse",
    projectName: "service",
  };
  const vars = { ...good, IDENTITY, KEYSTONE_PASSWORD: "a password" };
  const QUOTAS = { useKeystoneLimits: true, imageCountTotal: -1, userStorageQuota: "1GB" };
  expect(read({ ...vars, QUOTAS })).toMatchObject({
    ok: true,
    config: { quotas: { useKeystoneLimits: true } },
  });
  for (const [more, problem] of [
    [{ IDENTITY: good.IDENTITY, QUOTAS }, "QUOTAS useKeystoneLimits needs IDENTITY of mode keystone"],
    [{ QUOTAS: { ...QUOTAS, imageCountTotal: 1 } }, "QUOTAS takes the limits from Keystone"],
  ] as const) {
    const result = read({ ...vars, ...more });
    expect(result.ok ? [] : result.problems).toEqual([expect.stringContaining(problem)]);
  }
});

test.each([
  [{ userStorageQuota: "10 GB" }, "QUOTAS.userStorageQuota is no number of bytes"],
  [{ userStorageQuota: "9999999TB" }, "QUOTAS.userStorageQuota is no number of bytes"],
  [{ imageCountTotal: -2 }, "QUOTAS.imageCountTotal"],
  [{ imageTotal: 1 }, "QUOTAS"],
  [{ projects: [{ id: "p" }, { id: "p" }] }, "QUOTAS.projects names a project twice"],
])("quotas that are %j are refused by name", (QUOTAS, problem) => {
  const result = read({ ...good, QUOTAS });
  expect(result.ok ? [] : result.problems).toEqual([expect.stringContaining(problem)]);
});

test("rules of the policy take the place of the defaults, and each that makes no sense is named", () => {
  expect(read(good)).toMatchObject({
    ok: true,
    config: expect.not.objectContaining({ policy: expect.anything() }),
  });
  expect(read({ ...good, POLICY: { publicize_image: "role:member and owner" } })).toMatchObject({
    ok: true,
    config: { policy: { publicize_image: expect.any(Function), get_image: expect.any(Function) } },
  });
  const result = read({ ...good, POLICY: { get_imag: "@", get_image: "ownr", add_image: "rule:add_image" } });
  expect(result.ok ? [] : result.problems.toSorted()).toEqual([
    "POLICY.add_image refers to itself: add_image, add_image",
    "POLICY.get_imag is no rule of the policy",
    'POLICY.get_image has "ownr" at 1 where a check is expected',
  ]);
});
