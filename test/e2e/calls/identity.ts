import { dataOf, type Schemas } from "../../../client/api.ts";
import type { operations } from "../../../client/generated/api.ts";
import { projects, users } from "../../../client/identity.ts";
import type { Session } from "../../../client/session.ts";
import type { Call } from "./call.ts";

const GRANT = "/identity/v3/projects/{project_id}/users/{user_id}/roles/{role_id}";
const CREDENTIALS = "/identity/v3/users/{user_id}/application_credentials";

const proofOf = (password: string): Schemas["TokenRequest"] => ({
  auth: {
    identity: {
      methods: ["password"],
      password: { user: { name: "admin", domain: { name: "Default" }, password } },
    },
  },
});

/** A token, to be looked at or revoked. */
async function tokenBy(session: Session, password: string): Promise<string> {
  const { response } = await session.api.POST("/identity/v3/auth/tokens", { body: proofOf(password) });
  return response.headers.get("X-Subject-Token") ?? "";
}

let names = 0;
const another = (what: string) => `${what} ${names++}`;

const newUser = async (session: Session) => (await users.create(session, { name: another("user") })).id;
const newProject = async (session: Session) =>
  (await projects.create(session, { name: another("project") })).id;
const newRole = async ({ api }: Session) =>
  (await dataOf(api.POST("/identity/v3/roles", { body: { role: { name: another("role") } } }))).role.id;

async function newCredential({ api }: Session, userId: string): Promise<string> {
  const body = { application_credential: { name: another("credential") } };
  const answer = await dataOf(api.POST(CREDENTIALS, { params: ofUser(userId), body }));
  return answer.application_credential.id;
}

const ofUser = (id: string) => ({ path: { user_id: id } });
const ofProject = (id: string) => ({ path: { project_id: id } });
const ofRole = (id: string) => ({ path: { role_id: id } });
const ofCredential = (user: string, id: string) => ({
  path: { user_id: user, application_credential_id: id },
});
const ofGrant = (user: string, project: string, role: string) => ({
  path: { user_id: user, project_id: project, role_id: role },
});

async function granted(session: Session, projectId: string, roleId: string) {
  const params = ofGrant(await newUser(session), projectId, roleId);
  await session.api.PUT(GRANT, { params });
  return params;
}

/** Of identity. */
export const IDENTITY = {
  list_identity_versions: ({ api }) => api.GET("/identity"),
  show_identity_version: ({ api }) => api.GET("/identity/v3"),
  create_token: ({ api }, { password }) => api.POST("/identity/v3/auth/tokens", { body: proofOf(password) }),
  validate_token: async (session, { password }) =>
    session.api.GET("/identity/v3/auth/tokens", {
      params: { header: { "X-Subject-Token": await tokenBy(session, password) } },
    }),
  revoke_token: async (session, { password }) =>
    session.api.DELETE("/identity/v3/auth/tokens", {
      params: { header: { "X-Subject-Token": await tokenBy(session, password) } },
    }),
  show_catalog: ({ api }) => api.GET("/identity/v3/auth/catalog"),
  list_own_projects: ({ api }) => api.GET("/identity/v3/auth/projects"),
  list_domains: ({ api }) => api.GET("/identity/v3/domains", { params: { query: { name: "Default" } } }),
  show_domain: ({ api }) =>
    api.GET("/identity/v3/domains/{domain_id}", { params: { path: { domain_id: "default" } } }),
  list_services: ({ api }) => api.GET("/identity/v3/services", { params: { query: { type: "image" } } }),
  show_service: async ({ api }) => {
    const [service] = (await dataOf(api.GET("/identity/v3/services"))).services;
    return api.GET("/identity/v3/services/{service_id}", {
      params: { path: { service_id: service?.id ?? "" } },
    });
  },
  list_endpoints: ({ api }) =>
    api.GET("/identity/v3/endpoints", { params: { query: { interface: "public" } } }),
  show_endpoint: async ({ api }) => {
    const [endpoint] = (await dataOf(api.GET("/identity/v3/endpoints"))).endpoints;
    return api.GET("/identity/v3/endpoints/{endpoint_id}", {
      params: { path: { endpoint_id: endpoint?.id ?? "" } },
    });
  },
  list_projects: ({ api }) => api.GET("/identity/v3/projects", { params: { query: { name: "admin" } } }),
  create_project: ({ api }) =>
    api.POST("/identity/v3/projects", {
      body: { project: { name: another("project"), description: "new" } },
    }),
  show_project: ({ api }, { projectId }) =>
    api.GET("/identity/v3/projects/{project_id}", { params: ofProject(projectId) }),
  update_project: async (session) =>
    session.api.PATCH("/identity/v3/projects/{project_id}", {
      params: ofProject(await newProject(session)),
      body: { project: { enabled: false } },
    }),
  delete_project: async (session) =>
    session.api.DELETE("/identity/v3/projects/{project_id}", {
      params: ofProject(await newProject(session)),
    }),
  list_roles: ({ api }) => api.GET("/identity/v3/roles", { params: { query: { name: "member" } } }),
  create_role: ({ api }) => api.POST("/identity/v3/roles", { body: { role: { name: another("role") } } }),
  show_role: ({ api }, { memberRoleId }) =>
    api.GET("/identity/v3/roles/{role_id}", { params: ofRole(memberRoleId) }),
  delete_role: async (session) =>
    session.api.DELETE("/identity/v3/roles/{role_id}", { params: ofRole(await newRole(session)) }),
  list_users: ({ api }) => api.GET("/identity/v3/users", { params: { query: { name: "admin" } } }),
  create_user: ({ api }) =>
    api.POST("/identity/v3/users", { body: { user: { name: another("user"), email: "new@example.org" } } }),
  show_user: ({ api }, { adminId }) => api.GET("/identity/v3/users/{user_id}", { params: ofUser(adminId) }),
  update_user: async (session) =>
    session.api.PATCH("/identity/v3/users/{user_id}", {
      params: ofUser(await newUser(session)),
      body: { user: { enabled: false } },
    }),
  delete_user: async (session) =>
    session.api.DELETE("/identity/v3/users/{user_id}", { params: ofUser(await newUser(session)) }),
  change_password: async (session, { projectId, memberRoleId, memberBy }) => {
    const name = another("user");
    const passwords = { original_password: "the first of them", password: "the second of them" };
    const { id } = await users.create(session, { name, password: passwords.original_password });
    await session.api.PUT(GRANT, { params: ofGrant(id, projectId, memberRoleId) });
    const { api } = memberBy(name, passwords.original_password);
    return api.POST("/identity/v3/users/{user_id}/password", {
      params: ofUser(id),
      body: { user: passwords },
    });
  },
  list_user_projects: ({ api }, { adminId }) =>
    api.GET("/identity/v3/users/{user_id}/projects", { params: ofUser(adminId) }),
  list_role_assignments: ({ api }, { adminId }) =>
    api.GET("/identity/v3/role_assignments", {
      params: { query: { "user.id": adminId, include_names: true } },
    }),
  list_user_roles: ({ api }, { adminId, projectId }) =>
    api.GET("/identity/v3/projects/{project_id}/users/{user_id}/roles", {
      params: { path: { project_id: projectId, user_id: adminId } },
    }),
  assign_role: async (session, { projectId, memberRoleId }) =>
    session.api.PUT(GRANT, { params: ofGrant(await newUser(session), projectId, memberRoleId) }),
  check_role_assignment: async (session, { projectId, memberRoleId }) =>
    session.api.GET(GRANT, { params: await granted(session, projectId, memberRoleId) }),
  unassign_role: async (session, { projectId, memberRoleId }) =>
    session.api.DELETE(GRANT, { params: await granted(session, projectId, memberRoleId) }),
  create_application_credential: ({ api }, { adminId }) =>
    api.POST(CREDENTIALS, {
      params: ofUser(adminId),
      body: { application_credential: { name: another("credential"), description: "new" } },
    }),
  list_application_credentials: ({ api }, { adminId }) => api.GET(CREDENTIALS, { params: ofUser(adminId) }),
  show_application_credential: async (session, { adminId }) =>
    session.api.GET(`${CREDENTIALS}/{application_credential_id}`, {
      params: ofCredential(adminId, await newCredential(session, adminId)),
    }),
  delete_application_credential: async (session, { adminId }) =>
    session.api.DELETE(`${CREDENTIALS}/{application_credential_id}`, {
      params: ofCredential(adminId, await newCredential(session, adminId)),
    }),
} satisfies { readonly [Id in keyof operations]?: Call };
