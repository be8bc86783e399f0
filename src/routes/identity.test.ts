import { beforeAll, describe, expect, test } from "vitest";
import {
  ADMIN_PASSWORD,
  adminToken,
  call,
  login,
  newPersona,
  type Persona,
  passwordLogin,
} from "../../test/support/identity.ts";

const V3 = "/identity/v3";
const NOWHERE = "f".repeat(32);

let admin: string;
let member: Persona;
beforeAll(async () => {
  admin = await adminToken();
  member = await newPersona(admin, "member");
});

const asAdmin = (method: string, path: string, body?: unknown) =>
  call(method, V3 + path, { token: admin, body });

test("keystoneauth finds version 3", async () => {
  for (const path of ["/identity", "/identity/"]) {
    const { status, body } = await call("GET", path);
    expect([status, body.versions.values[0].id]).toEqual([300, "v3.14"]);
  }
  for (const path of [V3, `${V3}/`]) {
    const { status, body } = await call("GET", path);
    expect([status, body.version.links[0].href]).toEqual([200, "http://glimpse/identity/v3/"]);
  }
});

describe("users", () => {
  test("are made, shown, found by name, changed and deleted, and their password never comes back", async () => {
    const name = crypto.randomUUID();
    const made = await asAdmin("POST", "/users", { user: { name, password: "first", email: "a@b.c" } });
    expect([made.status, made.body.user]).toMatchObject([201, { name, enabled: true, domain_id: "default" }]);
    expect(JSON.stringify(made.body)).not.toMatch(/first|scrypt/);
    const path = `/users/${made.body.user.id}`;
    expect((await asAdmin("GET", `/users?name=${name}`)).body.users).toEqual([made.body.user]);
    expect((await asAdmin("PATCH", path, { user: { description: "new" } })).body.user.description).toBe(
      "new",
    );
    expect((await asAdmin("POST", "/users", { user: { name } })).status).toBe(409);
    expect((await asAdmin("PATCH", path, { user: { name: "admin" } })).status).toBe(409);
    expect((await asAdmin("DELETE", path)).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await asAdmin(method, path)).status).toBe(404);
    expect((await asAdmin("PATCH", path, { user: {} })).status).toBe(404);
  });

  test.each([
    [{ name: " " }, "user.name is empty."],
    [{ name: "x".repeat(256) }, "user.name must have at most 255 characters."],
    [{}, "user.name is missing."],
    [{ name: "x", enabled: "yes" }, "user.enabled is not true or false."],
  ])("that cannot be are refused in plain words: case %#", async (user, message) => {
    const { status, body } = await asAdmin("POST", "/users", { user });
    expect([status, body.error.message]).toEqual([400, message]);
  });

  test("change the own password with the old one, and their tokens end", async () => {
    const user = await newPersona(admin, "member");
    const change = (original_password: string, token = user.token) =>
      call("POST", `${V3}/users/${user.userId}/password`, {
        token,
        body: { user: { original_password, password: "changed" } },
      });
    expect((await change("wrong")).status).toBe(401);
    expect((await change(user.password, admin)).status).toBe(403);
    expect((await change(user.password)).status).toBe(204);
    expect((await change("changed")).status).toBe(401);
    expect((await login(passwordLogin(user.name, user.password))).status).toBe(401);
    expect((await login(passwordLogin(user.name, "changed"))).status).toBe(201);
  });

  test("see themselves and their projects", async () => {
    const own = (path: string) => call("GET", V3 + path, { token: member.token });
    expect((await own(`/users/${member.userId}`)).body.user.name).toBe(member.name);
    for (const path of ["/auth/projects", `/users/${member.userId}/projects`])
      expect((await own(path)).body.projects.map((p: { id: string }) => p.id)).toEqual([member.projectId]);
    expect((await own(`/projects/${member.projectId}`)).status).toBe(200);
    expect((await own(`/role_assignments?user.id=${member.userId}`)).body.role_assignments).toHaveLength(1);
  });
});

test("an administrator who asks what a deleted user has is told that there is no such user", async () => {
  const gone = await newPersona(admin, "member");
  const lists = ["projects", "application_credentials"].map((of) => `/users/${gone.userId}/${of}`);
  for (const path of lists) expect((await asAdmin("GET", path)).status).toBe(200);
  expect((await asAdmin("DELETE", `/users/${gone.userId}`)).status).toBe(204);
  for (const path of lists) {
    const { status, body } = await asAdmin("GET", path);
    expect([status, body.error.message]).toEqual([404, `Could not find user: ${gone.userId}.`]);
  }
});

test("projects are made, found by name, changed and deleted", async () => {
  const name = crypto.randomUUID();
  const made = await asAdmin("POST", "/projects", { project: { name, description: "d" } });
  expect([made.status, made.body.project]).toMatchObject([
    201,
    { name, parent_id: "default", is_domain: false },
  ]);
  const path = `/projects/${made.body.project.id}`;
  expect((await asAdmin("GET", `/projects?name=${name}&domain_id=default`)).body.projects).toHaveLength(1);
  expect((await asAdmin("GET", `/projects?name=${name}&domain_id=other`)).body.projects).toEqual([]);
  expect((await asAdmin("GET", `/projects?name=${name}&enabled=false`)).body.projects).toEqual([]);
  expect((await asAdmin("POST", "/projects", { project: { name } })).status).toBe(409);
  expect((await asAdmin("PATCH", path, { project: { name: "admin" } })).status).toBe(409);
  expect((await asAdmin("DELETE", path)).status).toBe(204);
  expect((await asAdmin("GET", path)).status).toBe(404);
});

test("roles are assigned, checked, listed with names, and taken away", async () => {
  const { userId, projectId, roleId } = member;
  const grant = `/projects/${projectId}/users/${userId}/roles/${roleId}`;
  for (const method of ["GET", "HEAD", "PUT"]) expect((await asAdmin(method, grant)).status).toBe(204);
  const asked = `${V3}/role_assignments?user.id=${userId}&scope.project.id=${projectId}&include_names`;
  const flag = { token: admin, undescribed: "a flag by its name alone is Keystone's own" };
  expect((await call("GET", asked, flag)).body.role_assignments).toMatchObject([
    {
      role: { id: roleId, name: "member" },
      user: { name: member.name },
      scope: { project: { id: projectId } },
    },
  ]);
  expect((await asAdmin("GET", "/role_assignments?scope.system=all")).body.role_assignments).toEqual([]);
  const roles = await asAdmin("GET", `/projects/${projectId}/users/${userId}/roles`);
  expect(roles.body.roles).toMatchObject([{ id: roleId, name: "member" }]);
  const role = await asAdmin("POST", "/roles", { role: { name: `Auditor ${projectId}` } });
  const extra = `/projects/${projectId}/users/${userId}/roles/${role.body.role.id}`;
  expect((await asAdmin("HEAD", extra)).status).toBe(404);
  expect((await asAdmin("PUT", extra)).status).toBe(204);
  expect((await asAdmin("DELETE", extra)).status).toBe(204);
  expect((await asAdmin("DELETE", extra)).status).toBe(404);
  expect((await asAdmin("DELETE", `/roles/${role.body.role.id}`)).status).toBe(204);
});

test("a role that differs from another by case alone is refused", async () => {
  expect((await asAdmin("POST", "/roles", { role: { name: "ADMIN" } })).status).toBe(409);
});

test("what is assigned must be there", async () => {
  const { userId, projectId, roleId } = member;
  for (const path of [
    `/projects/${projectId}/users/${userId}/roles/${NOWHERE}`,
    `/projects/${projectId}/users/${NOWHERE}/roles/${roleId}`,
    `/projects/${NOWHERE}/users/${userId}/roles/${roleId}`,
  ])
    expect((await asAdmin("PUT", path)).status).toBe(404);
});

test("domains, services and endpoints can be read", async () => {
  expect((await asAdmin("GET", "/domains")).body.domains).toHaveLength(1);
  expect((await asAdmin("GET", "/domains/default")).body.domain.name).toBe("Default");
  expect((await asAdmin("GET", "/domains/other")).status).toBe(404);
  expect((await asAdmin("GET", "/services?type=image")).body.services).toHaveLength(1);
  expect((await asAdmin("GET", "/services/image")).body.service.type).toBe("image");
  expect((await asAdmin("GET", "/endpoints?service_id=image")).body.endpoints).toHaveLength(3);
  expect((await asAdmin("GET", "/endpoints/image-public")).body.endpoint.url).toBe("http://glimpse");
  for (const path of ["/services/x", "/endpoints/x"]) expect((await asAdmin("GET", path)).status).toBe(404);
});

test.each([
  ["GET", "/users"],
  ["POST", "/users"],
  ["GET", "/users/{admin}"],
  ["PATCH", "/users/{self}"],
  ["DELETE", "/users/{self}"],
  ["POST", "/users/{admin}/password"],
  ["GET", "/users/{admin}/projects"],
  ["GET", "/projects"],
  ["POST", "/projects"],
  ["GET", "/projects/{other}"],
  ["PATCH", "/projects/{own}"],
  ["DELETE", "/projects/{own}"],
  ["POST", "/roles"],
  ["DELETE", "/roles/{role}"],
  ["GET", "/role_assignments"],
  ["GET", "/role_assignments?user.id={admin}"],
  ["GET", "/projects/{own}/users/{self}/roles"],
  ["PUT", "/projects/{own}/users/{self}/roles/{role}"],
  ["HEAD", "/projects/{own}/users/{self}/roles/{role}"],
  ["DELETE", "/projects/{own}/users/{self}/roles/{role}"],
])("a member may not %s %s", async (method, path) => {
  const ids: Record<string, string> = {
    admin: NOWHERE,
    self: member.userId,
    own: member.projectId,
    other: NOWHERE,
    role: member.roleId,
  };
  const answer = await call(method, V3 + path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? ""), {
    token: member.token,
    ...(method === "POST" || method === "PATCH" ? { body: "not even JSON" } : {}),
  });
  expect(answer.status).toBe(403);
});

test("without a token nothing but a login and the versions is to be had", async () => {
  for (const path of ["/users", "/auth/catalog", "/nothing"])
    expect((await call("GET", V3 + path)).status).toBe(401);
  const unknown = await asAdmin("GET", "/nothing");
  expect(unknown.body).toEqual({
    error: { code: 404, message: "The resource could not be found.", title: "Not Found" },
  });
});

const deep = `${'{"auth":'.repeat(50_000)}1${"}".repeat(50_000)}`;
const password = (user: unknown) => ({ auth: { identity: { methods: ["password"], password: { user } } } });

test.each<[string, unknown]>([
  ["no body", undefined],
  ["half an object", '{"auth":'],
  ["null", "null"],
  ["a number", "1"],
  ["a list", "[]"],
  ["an empty object", {}],
  ["nesting without end", deep],
  ["no identity", { auth: {} }],
  ["no method", { auth: { identity: { methods: [] } } }],
  ["methods that are no list", { auth: { identity: { methods: "password" } } }],
  ["two methods", { auth: { identity: { methods: ["password", "token"] } } }],
  ["a method without its part", { auth: { identity: { methods: ["password"] } } }],
  ["a token part that is text", { auth: { identity: { methods: ["token"], token: "x" } } }],
  ["a user without a domain", password({ name: "admin", password: "x" })],
  ["a user who is text", password("admin")],
  ["a numeric password", password({ id: "x", password: 1 })],
  ["an endless password", password({ id: "x", password: "x".repeat(5000) })],
  ["a NUL in a name", password({ name: "a\0", domain: { id: "default" }, password: "x" })],
  ["half a surrogate pair", '{"auth":"\\ud800"}'],
  ["an unknown scope", { ...passwordLogin("admin", ADMIN_PASSWORD, { galaxy: {} }) }],
  ["a numeric scope", { ...passwordLogin("admin", ADMIN_PASSWORD, 1) }],
  [
    "a project without a domain",
    { ...passwordLogin("admin", ADMIN_PASSWORD, { project: { name: "admin" } }) },
  ],
])("a login with %s is a 400", async (_what, body) => {
  const answer = await call("POST", `${V3}/auth/tokens`, { body });
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatchObject({ code: 400, title: "Bad Request" });
});

test.each<[string, string, unknown]>([
  ["POST", "/users", { user: {} }],
  ["POST", "/users", { user: { name: "" } }],
  ["POST", "/users", { user: { name: "  " } }],
  ["POST", "/users", { user: { name: "x".repeat(256) } }],
  ["POST", "/users", { user: { name: "x", enabled: "yes" } }],
  ["POST", "/users", { user: { name: "x", domain_id: "other" } }],
  ["POST", "/users", { user: { name: "x", description: "x".repeat(10_001) } }],
  ["PATCH", "/users/x", { user: { password: 5 } }],
  ["POST", "/users/{self}/password", { user: { password: "x" } }],
  ["POST", "/projects", { project: { name: "x".repeat(65) } }],
  ["POST", "/projects", { project: { name: "x", is_domain: true } }],
  ["POST", "/projects", { project: { name: "x", parent_id: "y" } }],
  ["PATCH", "/projects/x", { project: [] }],
  ["POST", "/roles", { role: { name: "x", domain_id: "default" } }],
  ["POST", "/users/{self}/application_credentials", { application_credential: { name: "x", roles: [{}] } }],
  ["POST", "/users/{self}/application_credentials", { application_credential: { name: "x", secret: "" } }],
])("%s %s with %j is a 400", async (method, path, body) => {
  const self = (await asAdmin("GET", "/users?name=admin")).body.users[0].id;
  const answer = await asAdmin(method, path.replace("{self}", self), body);
  expect(answer.status).toBe(400);
});

test("ten megabytes of JSON are a 413", async () => {
  const answer = await call("POST", `${V3}/auth/tokens`, { body: `"${"x".repeat(10_000_000)}"` });
  expect([answer.status, answer.body.error.code]).toEqual([413, 413]);
});

test.each(["%00", "%zz", "%ff", "..%2f..", "x".repeat(5000), "'%20OR%201=1--"])(
  "an id like %j names nobody",
  async (id) => {
    expect((await asAdmin("GET", `/users/${id}`)).status).toBe(404);
    expect((await asAdmin("GET", `/users?name=${id}`)).body.users).toEqual([]);
  },
);
