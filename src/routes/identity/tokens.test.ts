import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import {
  ADMIN_PASSWORD,
  adminToken,
  call,
  login,
  newPersona,
  onProject,
  type Persona,
  passwordLogin,
} from "../../../test/support/identity.ts";

const TOKENS = "/identity/v3/auth/tokens";
const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

let admin: string;
let member: Persona;
beforeAll(async () => {
  admin = await adminToken();
  member = await newPersona(admin, "member");
});

const byToken = (token: string, scope?: unknown) =>
  login({
    auth: {
      identity: { methods: ["token"], token: { id: token } },
      ...(scope === undefined ? {} : { scope }),
    },
  });

test("a login on a project shows what Keystone shows", async () => {
  const scope = { project: { id: member.projectId } };
  const { status, body, headers } = await login(passwordLogin(member.name, member.password, scope));
  expect(status).toBe(201);
  expect(headers.get("x-subject-token")?.length).toBeLessThan(400);
  expect(body.token).toMatchObject({
    methods: ["password"],
    user: { id: member.userId, name: member.name, domain: { id: "default", name: "Default" } },
    project: { id: member.projectId, name: expect.any(String), domain: { id: "default", name: "Default" } },
    is_domain: false,
    issued_at: expect.stringMatching(MICROSECONDS),
    expires_at: expect.stringMatching(MICROSECONDS),
    audit_ids: [expect.stringMatching(/^[\w-]{22}$/)],
  });
  expect(body.token.roles.map((r: { name: string }) => r.name)).toEqual(["member", "reader"]);
  expect(Date.parse(body.token.expires_at) - Date.parse(body.token.issued_at)).toBe(3_600_000);
});

test("the catalogue names the image and the identity service where the caller reached us", async () => {
  const { body } = await login(passwordLogin("admin", ADMIN_PASSWORD));
  const urls = body.token.catalog.map((service: { type: string; endpoints: { url: string }[] }) => [
    service.type,
    [...new Set(service.endpoints.map((endpoint) => endpoint.url))],
  ]);
  expect(urls).toEqual([
    ["image", ["http://glimpse"]],
    ["identity", ["http://glimpse/identity/v3"]],
  ]);
  const alone = await call("GET", "/identity/v3/auth/catalog", { token: admin });
  expect(alone.body.catalog).toEqual(body.token.catalog);
});

test("without a scope and a default project the token is for no project", async () => {
  const { status, body } = await login(passwordLogin(member.name, member.password));
  expect(status).toBe(201);
  for (const absent of ["project", "roles", "catalog"]) expect(body.token).not.toHaveProperty(absent);
});

test("an unscoped wish overrides the default project, in both spellings", async () => {
  for (const scope of ["unscoped", { unscoped: {} }])
    expect((await login(passwordLogin("admin", ADMIN_PASSWORD, scope))).body.token.project).toBeUndefined();
});

test("a default project where the user has no role is passed over", async () => {
  const path = `/identity/v3/users/${member.userId}`;
  const where = await newPersona(admin, "reader");
  await call("PATCH", path, { token: admin, body: { user: { default_project_id: where.projectId } } });
  const { status, body } = await login(passwordLogin(member.name, member.password));
  expect([status, body.token.project]).toEqual([201, undefined]);
});

test("an unscoped token can be exchanged for a scoped one, which expires with it", async () => {
  const first = await login(passwordLogin(member.name, member.password, "unscoped"));
  const second = await byToken(first.headers.get("x-subject-token") ?? "", {
    project: { id: member.projectId },
  });
  expect(second.status).toBe(201);
  expect(second.body.token).toMatchObject({
    methods: ["password", "token"],
    project: { id: member.projectId },
    expires_at: first.body.token.expires_at,
  });
  expect(second.body.token.audit_ids).toEqual([expect.any(String), first.body.token.audit_ids[0]]);
});

const REFUSAL = {
  error: { code: 401, message: "The request you have made requires authentication.", title: "Unauthorized" },
};

test.each([
  ["a wrong password", () => passwordLogin(member.name, "wrong")],
  ["an unknown user", () => passwordLogin("nobody", "wrong")],
  ["a user of another domain", () => otherDomain()],
  ["a project without a role", () => passwordLogin(member.name, member.password, onProject("admin"))],
  ["an unknown project", () => passwordLogin(member.name, member.password, onProject("nowhere"))],
  ["a domain scope", () => passwordLogin("admin", ADMIN_PASSWORD, { domain: { id: "default" } })],
  ["a system scope", () => passwordLogin("admin", ADMIN_PASSWORD, { system: { all: true } })],
  ["an unknown method", () => ({ auth: { identity: { methods: ["saml2"] } } })],
  ["a token that is none", () => ({ auth: { identity: { methods: ["token"], token: { id: "x" } } } })],
])("%s gets the one refusal", async (_what, body) => {
  const answer = await login(body());
  expect([answer.status, answer.body]).toEqual([401, REFUSAL]);
});

const otherDomain = () => ({
  auth: {
    identity: {
      methods: ["password"],
      password: { user: { name: "admin", domain: { name: "Other" }, password: ADMIN_PASSWORD } },
    },
  },
});

test("a user may look at the own tokens, an administrator and a service at any, others at none", async () => {
  const service = await newPersona(admin, "service");
  const look = (token: string, subject: string, method = "GET") => call(method, TOKENS, { token, subject });
  expect((await look(member.token, member.token)).body.token.user.id).toBe(member.userId);
  expect((await look(admin, member.token)).status).toBe(200);
  expect((await look(service.token, member.token)).status).toBe(200);
  expect((await look(member.token, admin)).status).toBe(403);
  expect((await look(admin, "x")).status).toBe(404);
  expect((await look(admin, member.token, "HEAD")).status).toBe(200);
  expect((await call("GET", TOKENS, { token: admin })).status).toBe(400);
  expect((await call("GET", TOKENS, { subject: admin })).status).toBe(401);
});

test("a token that was given back is none any more, and only that one", async () => {
  const scope = { project: { id: member.projectId } };
  const other = await login(passwordLogin(member.name, member.password, scope));
  const subject = other.headers.get("x-subject-token") ?? "";
  expect((await call("GET", "/identity/v3/auth/projects", { token: subject })).status).toBe(200);
  expect((await call("DELETE", TOKENS, { token: member.token, subject })).status).toBe(204);
  expect((await call("GET", "/identity/v3/auth/projects", { token: subject })).status).toBe(401);
  expect((await call("GET", "/identity/v3/auth/projects", { token: member.token })).status).toBe(200);
});

test("nobody but an administrator gives back another's token", async () => {
  expect((await call("DELETE", TOKENS, { token: member.token, subject: admin })).status).toBe(403);
});

/** scrypt("old", salt of zeros, N = 1024, r = 8, p = 1): trying it costs a fraction of what ours costs. */
const CHEAP = "scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA==$I3pHC5g7H1CZ949mBRMmtv7VEB5bH5S4Jo4MQ8eOUm8=";

async function cheapUser(): Promise<Persona> {
  const user = await newPersona(admin, "member");
  await env.DB.prepare("UPDATE users SET password_hash = ? WHERE id = ?").bind(CHEAP, user.userId).run();
  return user;
}

test("after ten wrong passwords the right one is refused alike, until a quarter of an hour has passed", async () => {
  const user = await cheapUser();
  for (let n = 0; n < 10; n++) expect((await login(passwordLogin(user.name, `wrong ${n}`))).status).toBe(401);
  const locked = await login(passwordLogin(user.name, "old"));
  expect([locked.status, locked.body]).toEqual([401, REFUSAL]);
  await env.DB.prepare("UPDATE login_failures SET since = since - 15 * 60000").run();
  expect((await login(passwordLogin(user.name, "old"))).status).toBe(201);
});

test("a right password ends the count, and wrong ones of unknown users are not counted", async () => {
  const user = await cheapUser();
  for (let n = 0; n < 9; n++) await login(passwordLogin(user.name, "wrong"));
  expect((await login(passwordLogin(user.name, "old"))).status).toBe(201);
  await login(passwordLogin("nobody", "wrong"));
  const rows = await env.DB.prepare("SELECT subject_id FROM login_failures").all<{ subject_id: string }>();
  expect(rows.results.map((row) => row.subject_id)).not.toContain(user.userId);
  expect(rows.results.map((row) => row.subject_id)).not.toContain("");
});

test("a login with an old hash makes a new one", async () => {
  const user = await cheapUser();
  await login(passwordLogin(user.name, "old"));
  const kept = await env.DB.prepare("SELECT password_hash h FROM users WHERE id = ?")
    .bind(user.userId)
    .first("h");
  expect(kept).toMatch(/^scrypt\$16384\$/);
  expect((await login(passwordLogin(user.name, "old"))).status).toBe(201);
});
