import { ClientError } from "./errors.ts";
import { jsonOf, jsonRequest, type Session } from "./session.ts";
import { textOf } from "./transport.ts";

export interface Named {
  readonly id: string;
  readonly name: string;
  readonly [attribute: string]: unknown;
}

export interface RoleAssignment {
  readonly role: { readonly id: string; readonly name?: string };
  readonly user?: { readonly id: string; readonly name?: string };
  readonly scope: { readonly project?: { readonly id: string; readonly name?: string } };
}

/** The five calls that Keystone v3 has for each of its collections, for one of them. */
function collection(singular: string) {
  const root = `/v3/${singular}s`;
  const at = (id: string) => `${root}/${encodeURIComponent(id)}`;
  const one = async (session: Session, method: string, path: string, body?: unknown): Promise<Named> => {
    const answer = await jsonOf<Record<string, Named>>(
      await session.identity(jsonRequest(method, path, body)),
    );
    const found = answer[singular];
    if (!found) throw new ClientError(`The identity service's answer has no ${singular}.`);
    return found;
  };

  async function list(session: Session, query: Record<string, string> = {}): Promise<readonly Named[]> {
    const search = new URLSearchParams(query).toString();
    const response = await session.identity(jsonRequest("GET", search ? `${root}?${search}` : root));
    return (await jsonOf<Record<string, Named[]>>(response))[`${singular}s`] ?? [];
  }

  return {
    list,
    create: (session: Session, fields: Readonly<Record<string, unknown>>) =>
      one(session, "POST", root, { [singular]: fields }),
    update: (session: Session, id: string, fields: Readonly<Record<string, unknown>>) =>
      one(session, "PATCH", at(id), { [singular]: fields }),
    remove: async (session: Session, id: string) => {
      await textOf(await session.identity(jsonRequest("DELETE", at(id))));
    },
    /** By id first, then by a name that only one has. */
    find: async (session: Session, nameOrId: string): Promise<Named> => {
      const byId = await one(session, "GET", at(nameOrId)).catch(notFound);
      if (byId) return byId;
      const byName = await list(session, { name: nameOrId });
      if (byName.length > 1)
        throw new ClientError(`${byName.length} ${singular}s are named "${nameOrId}"; give an id.`);
      const [only] = byName;
      if (!only)
        throw new ClientError(`There is no ${singular} with the name or id "${nameOrId}".`, { status: 404 });
      return only;
    },
  };
}

function notFound(error: unknown): undefined {
  if (error instanceof ClientError && error.status === 404) return;
  throw error;
}

export const users = collection("user");
export const projects = collection("project");
export const roles = collection("role");

export interface Grant {
  readonly userId: string;
  readonly projectId: string;
  readonly roleId: string;
}

const grantPath = (grant: Grant) =>
  `/v3/projects/${encodeURIComponent(grant.projectId)}/users/${encodeURIComponent(grant.userId)}/roles/${encodeURIComponent(grant.roleId)}`;

export async function grantRole(session: Session, grant: Grant): Promise<void> {
  await textOf(await session.identity(jsonRequest("PUT", grantPath(grant))));
}

export async function revokeRole(session: Session, grant: Grant): Promise<void> {
  await textOf(await session.identity(jsonRequest("DELETE", grantPath(grant))));
}

export async function listAssignments(
  session: Session,
  of: { userId?: string | undefined; projectId?: string | undefined } = {},
): Promise<readonly RoleAssignment[]> {
  const query = new URLSearchParams({ include_names: "true" });
  if (of.userId !== undefined) query.set("user.id", of.userId);
  if (of.projectId !== undefined) query.set("scope.project.id", of.projectId);
  const response = await session.identity(jsonRequest("GET", `/v3/role_assignments?${query}`));
  return (await jsonOf<{ role_assignments: RoleAssignment[] }>(response)).role_assignments;
}
