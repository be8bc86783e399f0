import { beforeAll, expect, test } from "vitest";
import { adminToken, call, login, newPersona, type Persona } from "../../../test/support/identity.ts";

let admin: string;
let owner: Persona;
beforeAll(async () => {
  admin = await adminToken();
  owner = await newPersona(admin, "member");
});

const collection = (persona: Persona) => `/identity/v3/users/${persona.userId}/application_credentials`;

const create = (fields: Record<string, unknown>, token = owner.token) =>
  call("POST", collection(owner), {
    token,
    body: { application_credential: { name: crypto.randomUUID(), ...fields } },
  });

const loginWith = (id: string, secret: string, scope?: unknown) =>
  login({
    auth: {
      identity: { methods: ["application_credential"], application_credential: { id, secret } },
      ...(scope === undefined ? {} : { scope }),
    },
  });

test("its secret is shown once and gets a token for its project", async () => {
  const { status, body } = await create({ name: "ci" });
  const { id, secret } = body.application_credential;
  expect(status).toBe(201);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  const shown = await call("GET", `${collection(owner)}/${id}`, { token: owner.token });
  expect(shown.body.application_credential).toMatchObject({ id, name: "ci", project_id: owner.projectId });
  expect(JSON.stringify(shown.body)).not.toContain(secret);
  const got = await loginWith(id, secret);
  expect(got.body.token).toMatchObject({
    methods: ["application_credential"],
    user: { id: owner.userId },
    project: { id: owner.projectId },
    application_credential: { id, name: "ci", restricted: true },
  });
  const byName = { name: "ci", user: { name: owner.name, domain: { id: "default" } }, secret };
  const named = await login({
    auth: { identity: { methods: ["application_credential"], application_credential: byName } },
  });
  expect(named.status).toBe(201);
});

test("a wrong secret, an unknown id and another project's scope are refused", async () => {
  const { id, secret } = (await create({})).body.application_credential;
  expect((await loginWith(id, "wrong")).status).toBe(401);
  expect((await loginWith("unknown", secret)).status).toBe(401);
  expect((await loginWith(id, secret, { project: { id: "elsewhere" } })).status).toBe(401);
  expect((await loginWith(id, secret, "unscoped")).status).toBe(401);
});

test("its tokens end with it", async () => {
  const { id, secret } = (await create({ secret: "chosen by the user" })).body.application_credential;
  expect(secret).toBe("chosen by the user");
  const token = (await loginWith(id, secret)).headers.get("x-subject-token") ?? "";
  expect((await call("GET", "/identity/v3/auth/projects", { token })).status).toBe(200);
  expect((await call("DELETE", `${collection(owner)}/${id}`, { token: owner.token })).status).toBe(204);
  expect((await call("GET", "/identity/v3/auth/projects", { token })).status).toBe(401);
  expect((await loginWith(id, secret)).status).toBe(401);
});

test("a token got with one is exchanged for its own project alone, and stays restricted", async () => {
  const { id, secret } = (await create({})).body.application_credential;
  const token = (await loginWith(id, secret)).headers.get("x-subject-token") ?? "";
  const exchange = (scope: unknown) =>
    login({ auth: { identity: { methods: ["token"], token: { id: token } }, scope } });
  const same = await exchange({ project: { id: owner.projectId } });
  expect(same.body.token.application_credential).toMatchObject({ id, restricted: true });
  expect((await exchange("unscoped")).status).toBe(401);
  const other = await newPersona(admin, "member");
  expect((await exchange({ project: { id: other.projectId } })).status).toBe(401);
});

test("it lends the roles asked for, of those that the user has", async () => {
  const { id, secret, roles } = (await create({ roles: [{ name: "reader" }] })).body.application_credential;
  expect(roles.map((role: { name: string }) => role.name)).toEqual(["reader"]);
  const { token } = (await loginWith(id, secret)).body;
  expect(token.roles.map((role: { name: string }) => role.name)).toEqual(["reader"]);
  expect((await create({ roles: [{ name: "admin" }] })).status).toBe(400);
});

test("a restricted one makes and deletes none, an unrestricted one does", async () => {
  const restricted = (await create({})).body.application_credential;
  const weak = (await loginWith(restricted.id, restricted.secret)).headers.get("x-subject-token") ?? "";
  expect((await create({}, weak)).status).toBe(403);
  expect((await call("DELETE", `${collection(owner)}/${restricted.id}`, { token: weak })).status).toBe(403);
  const free = (await create({ unrestricted: true })).body.application_credential;
  const strong = (await loginWith(free.id, free.secret)).headers.get("x-subject-token") ?? "";
  expect((await create({}, strong)).status).toBe(201);
});

test("nobody makes one for another, and a stranger sees none", async () => {
  const stranger = await newPersona(admin, "member");
  const { id } = (await create({})).body.application_credential;
  expect((await create({}, stranger.token)).status).toBe(403);
  expect((await create({}, admin)).status).toBe(403);
  expect((await call("GET", collection(owner), { token: stranger.token })).status).toBe(403);
  expect((await call("GET", `${collection(stranger)}/${id}`, { token: stranger.token })).status).toBe(404);
  expect((await call("DELETE", `${collection(stranger)}/${id}`, { token: stranger.token })).status).toBe(404);
});

test("a name is taken once for each user; lists can be asked for a name", async () => {
  expect((await create({ name: "twice" })).status).toBe(201);
  expect((await create({ name: "twice" })).status).toBe(409);
  const listed = await call("GET", `${collection(owner)}?name=twice`, { token: owner.token });
  expect(listed.body.application_credentials).toHaveLength(1);
});

test("expiry is in UTC, in the future, and access rules are not passed over in silence", async () => {
  const { expires_at } = (await create({ expires_at: "2999-01-01T00:00:00" })).body.application_credential;
  expect(expires_at).toBe("2999-01-01T00:00:00.000000");
  expect((await create({ expires_at: "2001-01-01T00:00:00Z" })).status).toBe(400);
  expect((await create({ expires_at: "soon" })).status).toBe(400);
  expect((await create({ access_rules: [{ path: "/v2", method: "GET", service: "image" }] })).status).toBe(
    400,
  );
});
