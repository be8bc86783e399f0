import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeKeystone, inSeconds, tokenOf } from "../../test/support/fake-keystone.ts";
import { app } from "../app.ts";
import type { Env } from "../env.ts";

const IDENTITY = {
  mode: "keystone",
  authUrl: "http://keystone.internal:5000",
  publicAuthUrl: "https://keystone.example/v3",
  username: "glance",
  projectName: "service",
  timeoutSeconds: 0.2,
};

let keystone: FakeKeystone;
let bindings: Env;
const use = (identity: object) => {
  bindings = { ...env, IDENTITY: { ...IDENTITY, ...identity }, KEYSTONE_PASSWORD: "pass" } as unknown as Env;
};

beforeEach(() => {
  keystone = new FakeKeystone();
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
    keystone.fetch(String(input), init as never),
  );
  use({});
});
afterEach(() => void vi.restoreAllMocks());

const list = async (headers: Record<string, string>, path = "/v2/images") =>
  app.request(`http://glimpse${path}`, { headers }, bindings);
const statusOf = async (headers: Record<string, string>) => (await list(headers)).status;

test("a good token is served, and Keystone is asked as the user that is configured", async () => {
  keystone.tokens.set("good", tokenOf());
  expect(await statusOf({ "x-auth-token": "good" })).toBe(200);
  expect(keystone.bodies).toEqual([
    {
      auth: {
        identity: {
          methods: ["password"],
          password: { user: { name: "glance", domain: { id: "default" }, password: "pass" } },
        },
        scope: { project: { name: "service", domain: { id: "default" } } },
      },
    },
  ]);
});

test("domains can be named, and an application credential takes the place of a user", async () => {
  use({ userDomainName: "Users", projectDomainId: "p" });
  await list({ "x-auth-token": "x" });
  use({ username: undefined, projectName: undefined, applicationCredentialId: "ac" });
  bindings = { ...bindings, KEYSTONE_APPLICATION_CREDENTIAL_SECRET: "s" };
  await list({ "x-auth-token": "x" });
  expect(keystone.bodies).toMatchObject([
    {
      auth: {
        identity: { password: { user: { domain: { name: "Users" } } } },
        scope: { project: { domain: { id: "p" } } },
      },
    },
    {
      auth: {
        identity: { methods: ["application_credential"], application_credential: { id: "ac", secret: "s" } },
      },
    },
  ]);
});

test.each([
  ["no token", {}],
  ["a bad token", { "x-auth-token": "bad" }],
  ["a good service token alone", { "x-service-token": "service" }],
  ["a bad service token beside a good one", { "x-auth-token": "good", "x-service-token": "bad" }],
])("%s is a 401 that names the public address of Keystone", async (_what, headers) => {
  keystone.tokens.set("good", tokenOf());
  keystone.tokens.set("service", tokenOf({ roles: [{ name: "service" }] }));
  const answer = await list(headers as Record<string, string>);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe('Keystone uri="https://keystone.example/v3"');
});

test("without a public address the 401 names the one that there is", async () => {
  use({ publicAuthUrl: undefined });
  expect((await list({})).headers.get("www-authenticate")).toBe(
    'Keystone uri="http://keystone.internal:5000"',
  );
});

test("an expired token is taken with the token of a service, and with no other", async () => {
  use({ serviceRoles: ["Trusted"] });
  keystone.tokens.set("expired", tokenOf({ expires_at: inSeconds(-60) }));
  keystone.tokens.set("service", tokenOf({ roles: [{ name: "TRUSTED" }] }));
  keystone.tokens.set("member", tokenOf());
  keystone.tokens.set("old-service", tokenOf({ roles: [{ name: "trusted" }], expires_at: inSeconds(-60) }));
  const expired = { "x-auth-token": "expired" };
  expect(await statusOf(expired)).toBe(401);
  expect(await statusOf({ ...expired, "x-service-token": "member" })).toBe(401);
  expect(await statusOf({ ...expired, "x-service-token": "old-service" })).toBe(401);
  expect(await statusOf({ ...expired, "x-service-token": "service" })).toBe(200);
  expect(await statusOf(expired)).toBe(401);
});

test.each<[string, () => Response | Promise<Response>]>([
  ["is away", () => Promise.reject(new TypeError("connection refused"))],
  ["hangs", () => new Promise(() => {})],
  ["answers nonsense", () => new Response("<html>")],
  ["answers 500", () => Response.json({ error: { code: 500 } }, { status: 500 })],
])("while Keystone %s, a 503 says so, and who is known already is served", async (_what, fault) => {
  keystone.tokens.set("good", tokenOf());
  expect(await statusOf({ "x-auth-token": "good" })).toBe(200);
  keystone.fault = fault;
  const answer = await list({ "x-auth-token": "new" });
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("The identity service cannot be asked right now");
  expect(await statusOf({ "x-auth-token": "good" })).toBe(200);
});

test("a token without a project lists nothing, and the administrator of the whole system all", async () => {
  const id = crypto.randomUUID();
  keystone.tokens.set("admin", tokenOf({ roles: [{ name: "admin" }, { name: "reader" }] }));
  const made = await app.request(
    "http://glimpse/v2/images",
    {
      method: "POST",
      headers: { "x-auth-token": "admin" },
      body: JSON.stringify({ id, visibility: "private" }),
    },
    bindings,
  );
  expect(made.status).toBe(201);
  const { project: _, ...unscoped } = tokenOf();
  keystone.tokens.set("unscoped", { ...unscoped, roles: [] });
  keystone.tokens.set("domain", { ...unscoped, domain: { id: "d" }, roles: [{ name: "admin" }] });
  keystone.tokens.set("system", { ...unscoped, system: { all: true }, roles: [{ name: "Admin" }] });
  const statuses = async (token: string) => [
    await statusOf({ "x-auth-token": token }),
    (await list({ "x-auth-token": token }, `/v2/images/${id}`)).status,
  ];
  expect(await statuses("unscoped")).toEqual([403, 404]);
  expect(await statuses("domain")).toEqual([403, 404]);
  expect(await statuses("system")).toEqual([200, 200]);
});

test("the identity of its own is not served", async () => {
  for (const path of ["/identity", "/identity/v3", "/identity/v3/users", "/identity/v3/auth/tokens"])
    expect((await list({ "x-auth-token": "good" }, path)).status).toBe(404);
  expect(keystone.calls).toEqual([]);
});
