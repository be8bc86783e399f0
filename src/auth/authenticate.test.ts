import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, expect, test } from "vitest";
import {
  adminToken,
  call,
  newPersona,
  onProject,
  type Persona,
  passwordLogin,
  tokenFor,
} from "../../test/support/identity.ts";
import type { Env } from "../env.ts";
import { configOf } from "../env.ts";
import type { AppTypes } from "../http/app-types.ts";
import { authenticate } from "./authenticate.ts";
import { newAuditId, openToken, sealToken } from "./token.ts";

const KEY = String(env.TOKEN_SIGNING_KEY);

/** Just authentication: answers with the caller. */
const door = new Hono<AppTypes>()
  .use(async (c, next) => {
    const configured = configOf(c.env);
    if (configured.ok) c.set("config", configured.config);
    await next();
  })
  .get("/", async (c) => c.json(await authenticate(c)));

door.onError((error) => Response.json({ refused: error.message }, { status: 401 }));

const callerOf = async (headers: Record<string, string>, on: Env = env): Promise<unknown> =>
  (await door.request("http://glimpse/", { headers }, on)).json();

const REFUSED = { refused: "The request you have made requires authentication." };

let admin: string;
let member: Persona;
beforeAll(async () => {
  admin = await adminToken();
  member = await newPersona(admin, "member");
});

/** The member's token as it would be, had it been issued otherwise. */
async function resealed(changes: Record<string, unknown>): Promise<string> {
  const claims = await openToken(KEY, member.token, Date.now());
  if (!claims) throw new Error("the member's token is not good");
  return sealToken(KEY, { ...claims, auditId: newAuditId(), ...changes });
}

test("a token gives its user, its project and the roles there", async () => {
  expect(await callerOf({ "x-auth-token": member.token })).toEqual({
    userId: member.userId,
    projectId: member.projectId,
    domainId: "default",
    roles: ["member", "reader"],
    serviceRoles: [],
    expiresAt: expect.any(Number),
  });
});

test.each([
  ["no token", async () => ({})],
  ["an empty token", async () => ({ "x-auth-token": "" })],
  ["text that is no token", async () => ({ "x-auth-token": "gAAAAABh" })],
  [
    "a token of another key",
    async () => ({ "x-auth-token": await sealToken("other", await claimsOfMember()) }),
  ],
  ["an expired token", async () => ({ "x-auth-token": await resealed({ expiresAt: Date.now() - 1 }) })],
  ["a token of nobody", async () => ({ "x-auth-token": await resealed({ userId: "f".repeat(32) }) })],
  [
    "a token for no project there is",
    async () => ({ "x-auth-token": await resealed({ projectId: "nowhere" }) }),
  ],
  ["a service token that is none", async () => ({ "x-auth-token": member.token, "x-service-token": "x" })],
])("%s is refused", async (_what, headers) => {
  expect(await callerOf(await headers())).toEqual(REFUSED);
});

async function claimsOfMember() {
  const claims = await openToken(KEY, member.token, Date.now());
  if (!claims) throw new Error("the member's token is not good");
  return claims;
}

test("a refusal under /v2 says where to get a token", async () => {
  const answer = await call("GET", "/v2/images");
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe('Keystone uri="http://glimpse/identity"');
});

test("the roles of a service token stand beside those of the caller", async () => {
  const service = await newPersona(admin, "service");
  expect(await callerOf({ "x-auth-token": member.token, "x-service-token": service.token })).toMatchObject({
    roles: ["member", "reader"],
    serviceRoles: ["service"],
  });
});

test("a token that was good a moment ago ends when its user is disabled, and does not come back", async () => {
  const user = await newPersona(admin, "member");
  expect(await callerOf({ "x-auth-token": user.token })).toMatchObject({ userId: user.userId });
  const enable = (enabled: boolean) =>
    call("PATCH", `/identity/v3/users/${user.userId}`, { token: admin, body: { user: { enabled } } });
  await enable(false);
  expect(await callerOf({ "x-auth-token": user.token })).toEqual(REFUSED);
  await enable(true);
  expect(await callerOf({ "x-auth-token": user.token })).toEqual(REFUSED);
  const again = await tokenFor(passwordLogin(user.name, user.password, { project: { id: user.projectId } }));
  expect(await callerOf({ "x-auth-token": again })).toMatchObject({ userId: user.userId });
});

interface Change {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

test.each<[string, (p: Persona) => Change]>([
  [
    "its role is taken away",
    (p) => ({ method: "DELETE", path: `projects/${p.projectId}/users/${p.userId}/roles/${p.roleId}` }),
  ],
  [
    "its project is disabled",
    (p) => ({ method: "PATCH", path: `projects/${p.projectId}`, body: { project: { enabled: false } } }),
  ],
  ["its project is deleted", (p) => ({ method: "DELETE", path: `projects/${p.projectId}` })],
  ["its user is deleted", (p) => ({ method: "DELETE", path: `users/${p.userId}` })],
  [
    "its user's password is set",
    (p) => ({ method: "PATCH", path: `users/${p.userId}`, body: { user: { password: "new" } } }),
  ],
])("a token ends when %s", async (_what, change) => {
  const user = await newPersona(admin, "member");
  expect(await callerOf({ "x-auth-token": user.token })).toMatchObject({ userId: user.userId });
  const { method, path, body } = change(user);
  const answer = await call(method, `/identity/v3/${path}`, { token: admin, body });
  expect(answer.status).toBeLessThan(300);
  expect(await callerOf({ "x-auth-token": user.token })).toEqual(REFUSED);
});

test("where identity is none, everybody is the administrator of one project", async () => {
  const open = { ...env, IDENTITY: { mode: "none", projectId: "home", allowAnyone: true } };
  expect(await callerOf({}, open)).toMatchObject({
    projectId: "home",
    roles: ["admin", "member", "reader"],
  });
});

test("where identity is none, there is no identity API", async () => {
  const { app } = await import("../app.ts");
  const open = { ...env, IDENTITY: { mode: "none", allowAnyone: true } };
  expect((await app.request("http://glimpse/identity/v3", {}, open)).status).toBe(404);
  expect((await app.request("http://glimpse/identity/v3/users", {}, open)).status).toBe(404);
});

test("a project named in the scope by name is the same as by id", async () => {
  const name = (await call("GET", `/identity/v3/projects/${member.projectId}`, { token: admin })).body.project
    .name;
  const token = await tokenFor(passwordLogin(member.name, member.password, onProject(name)));
  expect(await callerOf({ "x-auth-token": token })).toMatchObject({ projectId: member.projectId });
});
