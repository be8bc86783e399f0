import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  ADMIN_PASSWORD,
  adminToken,
  call,
  login,
  newPersona,
  passwordLogin,
} from "../../../test/support/identity.ts";

let token: string;
let admin: { user_id: string; project_id: string; role_id: string };
beforeAll(async () => {
  token = await adminToken();
  const found = await env.DB.prepare(
    "SELECT a.* FROM role_assignments a JOIN roles r ON r.id = a.role_id WHERE r.name = 'admin'",
  ).first<typeof admin>();
  if (!found) throw new Error("there is no administrator");
  admin = found;
});

/** Each way to lose an administrator. */
const WAYS: Record<string, () => Promise<{ status: number }>> = {
  "deleting the user": () => ask("DELETE", `/users/${admin.user_id}`),
  "disabling the user": () => ask("PATCH", `/users/${admin.user_id}`, { user: { enabled: false } }),
  "taking the password": () => ask("PATCH", `/users/${admin.user_id}`, { user: { password: null } }),
  "deleting the project": () => ask("DELETE", `/projects/${admin.project_id}`),
  "disabling the project": () =>
    ask("PATCH", `/projects/${admin.project_id}`, { project: { enabled: false } }),
  "taking the role": () =>
    ask("DELETE", `/projects/${admin.project_id}/users/${admin.user_id}/roles/${admin.role_id}`),
};
const ask = (method: string, path: string, body?: unknown) =>
  call(method, `/identity/v3${path}`, { token, body });

describe("the last administrator stays", () => {
  test.each(Object.keys(WAYS))("%s is a 403 that says what to do first, and changes nothing", async (way) => {
    const answer = await WAYS[way]?.();
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { code: 403, message: expect.stringContaining("another user") } },
    });
    expect((await login(passwordLogin("admin", ADMIN_PASSWORD))).status).toBe(201);
    expect((await ask("GET", "/users")).status).toBe(200);
  });

  test("others may go, and one of two administrators", async () => {
    const member = await newPersona(token, "member");
    expect((await ask("PATCH", `/users/${member.userId}`, { user: { enabled: false } })).status).toBe(200);
    expect((await ask("DELETE", `/users/${member.userId}`)).status).toBe(204);
    const second = await newPersona(token, "admin");
    expect((await ask("DELETE", `/users/${second.userId}`)).status).toBe(204);
  });
});

test("a project that owns images is not deleted until they are", async () => {
  const { projectId } = await newPersona(token, "member");
  const image = await call("POST", "/v2/images", { token, body: { owner: projectId } });
  const id: string = image.body.id;
  expect(await ask("DELETE", `/projects/${projectId}`)).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringContaining("owns images") } },
  });
  expect((await call("DELETE", `/v2/images/${id}`, { token })).status).toBe(204);
  expect((await ask("DELETE", `/projects/${projectId}`)).status).toBe(204);
  expect((await ask("DELETE", `/projects/${projectId}`)).status).toBe(404);
});
