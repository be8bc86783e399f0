import { dataOf, type Schemas } from "./api.ts";
import type { DataOf, ParametersIn } from "./calls.ts";
import { ClientError } from "./errors.ts";
import type { operations } from "./generated/api.ts";
import { given } from "./given.ts";
import type { Session } from "./session.ts";

export type User = DataOf<"get", "/identity/v3/users/{user_id}">["user"];
export type Project = DataOf<"get", "/identity/v3/projects/{project_id}">["project"];
export type Role = DataOf<"get", "/identity/v3/roles/{role_id}">["role"];
export type UserFields = Schemas["UserCreate"]["user"];
export type UserChanges = Schemas["UserUpdate"]["user"];
export type ProjectFields = Schemas["ProjectCreate"]["project"];
export type ProjectChanges = Schemas["ProjectUpdate"]["project"];
export type RoleAssignment = Schemas["RoleAssignment"];

/** What users, projects and roles have alike. */
interface Named {
  readonly id: string;
  readonly name: string;
}

interface Lookup<T> {
  show(session: Session, id: string): Promise<T>;
  list(session: Session, query?: { name?: string }): Promise<readonly T[]>;
}

/** One of them by its id first, then by a name that only one has. */
const findBy =
  <T extends Named>(what: string, { show, list }: Lookup<T>) =>
  async (session: Session, nameOrId: string): Promise<T> => {
    const byId = await show(session, nameOrId).catch(notFound);
    if (byId) return byId;
    const byName = await list(session, { name: nameOrId });
    if (byName.length > 1)
      throw new ClientError(`${byName.length} ${what}s are named "${nameOrId}"; give an id.`);
    const [only] = byName;
    if (!only)
      throw new ClientError(`There is no ${what} with the name or id "${nameOrId}".`, { status: 404 });
    return only;
  };

function notFound(error: unknown): undefined {
  if (error instanceof ClientError && error.status === 404) return;
  throw error;
}

const USER = "/identity/v3/users/{user_id}";
const ofUser = (id: string) => ({ path: { user_id: id } });
const userLookup: Lookup<User> = {
  show: async ({ api }, id) => (await dataOf(api.GET(USER, { params: ofUser(id) }))).user,
  list: async ({ api }, query = {}) =>
    (await dataOf(api.GET("/identity/v3/users", { params: { query } }))).users,
};

export const users = {
  ...userLookup,
  find: findBy("user", userLookup),
  create: async ({ api }: Session, user: UserFields): Promise<User> =>
    (await dataOf(api.POST("/identity/v3/users", { body: { user } }))).user,
  update: async ({ api }: Session, id: string, user: UserChanges): Promise<User> =>
    (await dataOf(api.PATCH(USER, { params: ofUser(id), body: { user } }))).user,
  remove: async ({ api }: Session, id: string): Promise<void> => {
    await api.DELETE(USER, { params: ofUser(id) });
  },
};

const PROJECT = "/identity/v3/projects/{project_id}";
const ofProject = (id: string) => ({ path: { project_id: id } });
const projectLookup: Lookup<Project> = {
  show: async ({ api }, id) => (await dataOf(api.GET(PROJECT, { params: ofProject(id) }))).project,
  list: async ({ api }, query = {}) =>
    (await dataOf(api.GET("/identity/v3/projects", { params: { query } }))).projects,
};

export const projects = {
  ...projectLookup,
  find: findBy("project", projectLookup),
  create: async ({ api }: Session, project: ProjectFields): Promise<Project> =>
    (await dataOf(api.POST("/identity/v3/projects", { body: { project } }))).project,
  update: async ({ api }: Session, id: string, project: ProjectChanges): Promise<Project> =>
    (await dataOf(api.PATCH(PROJECT, { params: ofProject(id), body: { project } }))).project,
  remove: async ({ api }: Session, id: string): Promise<void> => {
    await api.DELETE(PROJECT, { params: ofProject(id) });
  },
};

const roleLookup: Lookup<Role> = {
  show: async ({ api }, id) =>
    (await dataOf(api.GET("/identity/v3/roles/{role_id}", { params: { path: { role_id: id } } }))).role,
  list: async ({ api }, query = {}) =>
    (await dataOf(api.GET("/identity/v3/roles", { params: { query } }))).roles,
};

export const roles = { ...roleLookup, find: findBy("role", roleLookup) };

export interface Grant {
  readonly userId: string;
  readonly projectId: string;
  readonly roleId: string;
}

const GRANT = "/identity/v3/projects/{project_id}/users/{user_id}/roles/{role_id}";
const ofGrant = ({ userId, projectId, roleId }: Grant) => ({
  path: { user_id: userId, project_id: projectId, role_id: roleId },
});

export async function grantRole(session: Session, grant: Grant): Promise<void> {
  await session.api.PUT(GRANT, { params: ofGrant(grant) });
}

export async function revokeRole(session: Session, grant: Grant): Promise<void> {
  await session.api.DELETE(GRANT, { params: ofGrant(grant) });
}

export async function listAssignments(
  session: Session,
  { userId, projectId }: { userId?: string | undefined; projectId?: string | undefined } = {},
): Promise<readonly RoleAssignment[]> {
  const query = given<ParametersIn<"query", operations["list_role_assignments"]>>({
    include_names: true,
    "user.id": userId,
    "scope.project.id": projectId,
  });
  const answer = await dataOf(session.api.GET("/identity/v3/role_assignments", { params: { query } }));
  return answer.role_assignments;
}
