import { expect, test } from "vitest";
import type { Standing } from "../db/identity/standing.ts";
import { judge } from "./session.ts";
import { SessionCache } from "./session-cache.ts";
import type { Claims } from "./token.ts";

const NOW = 1_795_000_000_000;

const claims: Claims = {
  userId: "user",
  projectId: "project",
  issuedAt: NOW - 1000,
  expiresAt: NOW + 1000,
  auditId: "audit",
  auditChainId: "audit",
  methods: ["password"],
  applicationCredentialId: null,
};

const standing: Standing = {
  userEnabled: true,
  userVoidUntil: 0,
  project: { enabled: true, voidUntil: 0 },
  roles: ["Member"],
  revoked: false,
  credential: null,
};

test("a scoped token gives the roles assigned and those they imply, in lower case", () => {
  expect(judge(claims, standing, NOW)?.caller).toMatchObject({
    projectId: "project",
    roles: ["member", "reader"],
  });
  expect(judge(claims, { ...standing, roles: ["ADMIN", "custom"] }, NOW)?.caller.roles).toEqual([
    "admin",
    "custom",
    "member",
    "reader",
  ]);
});

test.each([
  ["revoked", { revoked: true }],
  ["a disabled user's", { userEnabled: false }],
  ["older than a change of password", { userVoidUntil: NOW - 1000 }],
  ["for a disabled project", { project: { enabled: false, voidUntil: 0 } }],
  ["older than when its project was disabled", { project: { enabled: true, voidUntil: NOW - 1000 } }],
  ["for a project that is gone", { project: null }],
  ["for a project without a role left", { roles: [] }],
])("a token that is %s is worth nothing", (_why, changed) => {
  expect(judge(claims, { ...standing, ...changed }, NOW)).toBeUndefined();
});

test("an unscoped token has no roles, whatever the standing says", () => {
  const session = judge({ ...claims, projectId: null }, standing, NOW);
  expect(session?.caller).toMatchObject({ projectId: null, roles: [] });
});

const lent = (credential: Partial<NonNullable<Standing["credential"]>>) =>
  judge(
    { ...claims, applicationCredentialId: "credential" },
    { ...standing, credential: { expiresAt: null, unrestricted: false, roles: ["admin"], ...credential } },
    NOW,
  );

test("an application credential lends no more than the user has now, and no more than was lent", () => {
  expect(lent({})?.caller.roles).toEqual(["member", "reader"]);
  expect(lent({ roles: ["reader"] })?.caller.roles).toEqual(["reader"]);
  expect(lent({ roles: ["service"] })).toBeUndefined();
});

test("an application credential's token ends with it, and is restricted unless it says otherwise", () => {
  expect(lent({ expiresAt: NOW })).toBeUndefined();
  expect(lent({ expiresAt: NOW + 1 })?.restricted).toBe(true);
  expect(lent({ unrestricted: true })?.restricted).toBe(false);
  expect(judge({ ...claims, applicationCredentialId: "gone" }, standing, NOW)).toBeUndefined();
});

test("a session ends with its token, or with the application credential that made it if that is earlier", () => {
  for (const expiresAt of [null, NOW + 1001]) expect(lent({ expiresAt })?.caller.expiresAt).toBe(NOW + 1000);
  expect(lent({ expiresAt: NOW + 999 })?.caller.expiresAt).toBe(NOW + 999);
});

const found = { caller: { expiresAt: Number.POSITIVE_INFINITY } };

test("a token is looked for once, and again after something changed", async () => {
  const cache = new SessionCache<typeof found>();
  let asked = 0;
  const find = async () => {
    asked++;
    return found;
  };
  await cache.get("token", find);
  await cache.get("token", find);
  expect(asked).toBe(1);
  cache.clear();
  await cache.get("token", find);
  expect(asked).toBe(2);
});

test("what was found while something changed is not remembered", async () => {
  const cache = new SessionCache<typeof found>();
  await cache.get("token", async () => {
    cache.clear();
    return found;
  });
  expect(await cache.get("token", async () => undefined)).toBeUndefined();
});

test("no token and no expired session is remembered", async () => {
  const cache = new SessionCache<typeof found>();
  await cache.get("bad", async () => undefined);
  expect(await cache.get("bad", async () => found)).toBe(found);
  await cache.get("old", async () => ({ caller: { expiresAt: Date.now() - 1 } }));
  expect(await cache.get("old", async () => undefined)).toBeUndefined();
});

test("the oldest is forgotten when there are many", async () => {
  const cache = new SessionCache<typeof found>();
  for (let n = 0; n <= 2_000; n++) await cache.get(`token ${n}`, async () => found);
  expect(await cache.get("token 0", async () => undefined)).toBeUndefined();
  expect(await cache.get("token 2000", async () => undefined)).toBe(found);
});
