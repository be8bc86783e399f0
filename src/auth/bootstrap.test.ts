import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ADMIN_PASSWORD, adminToken, call, login, passwordLogin } from "../../test/support/identity.ts";
import { configOf, type Env } from "../env.ts";
import { bootstrapIdentity } from "./bootstrap.ts";

const count = (table: string) => env.DB.prepare(`SELECT count(*) n FROM ${table}`).first<number>("n");

/** An isolate of its own: it has not seen the tables yet. */
const isolate = (changes: Partial<Env> = {}) => {
  const own: Env = { ...env, ...changes };
  const configured = configOf(own);
  if (!configured.ok) throw new Error(configured.problems.join());
  return bootstrapIdentity(own, configured.config);
};

test("without a password for the first user nothing is made, and nobody gets in", async () => {
  await isolate({ BOOTSTRAP_ADMIN_PASSWORD: undefined });
  expect(await count("users")).toBe(0);
});

test("isolates that find no user at the same time make one between them", async () => {
  await Promise.all([isolate(), isolate(), isolate()]);
  expect(await count("users")).toBe(1);
  expect(await count("projects")).toBe(1);
  expect(await count("roles")).toBe(4);
  expect(await count("role_assignments")).toBe(1);
});

test("the first user administers the first project, which is where a login without a scope goes", async () => {
  const { status, body } = await login(passwordLogin("admin", ADMIN_PASSWORD));
  expect(status).toBe(201);
  expect(body.token.project.name).toBe("admin");
  expect(body.token.roles.map((r: { name: string }) => r.name)).toEqual(["admin", "member", "reader"]);
});

test("later isolates leave everything as it is", async () => {
  const before = await env.DB.prepare("SELECT * FROM users").all();
  await isolate({ BOOTSTRAP_ADMIN_PASSWORD: "another password" });
  expect((await env.DB.prepare("SELECT * FROM users").all()).results).toEqual(before.results);
});

test("roles that the policy names stay", async () => {
  const token = await adminToken();
  for (const role of (await call("GET", "/identity/v3/roles", { token })).body.roles)
    expect((await call("DELETE", `/identity/v3/roles/${role.id}`, { token })).status).toBe(403);
});
