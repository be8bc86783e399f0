import { Hono } from "hono";
import { findProject } from "../../db/identity/projects.ts";
import {
  type Assignment,
  assignRole,
  findRole,
  listAssignments,
  unassignRole,
} from "../../db/identity/roles.ts";
import type { AppContext, AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";
import { notFound, requireAdmin, requireSelfOrAdmin, requireUser } from "./request.ts";
import { domainReferenceView, listView } from "./views.ts";

type Listed = Awaited<ReturnType<typeof listAssignments>>[number];

const ASSIGNMENT = "/projects/:projectId/users/:userId/roles/:roleId";

/** Filters on things that do not exist here, which match nothing. */
const FOREIGN_FILTERS = [
  "group.id",
  "scope.system",
  "scope.domain.id",
  "scope.OS-INHERIT:inherited_to",
] as const;

export const roleAssignments = new Hono<AppTypes>()
  .get("/role_assignments", async (c) => {
    const asked = c.req.query();
    requireSelfOrAdmin(c.var.session, asked["user.id"] ?? "", "list_role_assignments");
    const nothing = FOREIGN_FILTERS.some((name) => asked[name] !== undefined);
    const rows = nothing ? [] : await listAssignments(c.env.DB, filterOf(c));
    const names = (asked.include_names ?? "false").toLowerCase() !== "false";
    return c.json(listView("role_assignments", c.req.url, rows, (row) => assignmentView(c, row, names)));
  })
  .get("/projects/:projectId/users/:userId/roles", async (c) => {
    const { projectId, userId } = c.req.param();
    requireAdmin(c.var.session, "list_grants");
    await requireUserAndProject(c.env.DB, userId, projectId);
    const rows = await listAssignments(c.env.DB, { projectId, userId });
    return c.json(
      listView("roles", c.req.url, rows, ({ roleId, roleName }) => ({
        id: roleId,
        name: roleName,
        links: { self: `${apiUrl(c)}/roles/${roleId}` },
      })),
    );
  })
  .put(ASSIGNMENT, async (c) => {
    requireAdmin(c.var.session, "create_grant");
    const { userId, projectId, roleId } = c.req.param();
    await requireUserAndProject(c.env.DB, userId, projectId);
    if (!(await findRole(c.env.DB, roleId))) throw notFound("role", roleId);
    await assignRole(c.env.DB, { userId, projectId, roleId });
    return c.body(null, 204);
  })
  .get(ASSIGNMENT, async (c) => {
    requireAdmin(c.var.session, "check_grant");
    const rows = await listAssignments(c.env.DB, c.req.param());
    if (rows.length === 0) throw notFound("role assignment", c.req.param("roleId"));
    return c.body(null, 204);
  })
  .delete(ASSIGNMENT, async (c) => {
    requireAdmin(c.var.session, "revoke_grant");
    if (!(await unassignRole(c.env.DB, c.req.param())))
      throw notFound("role assignment", c.req.param("roleId"));
    return c.body(null, 204);
  });

function filterOf(c: AppContext): Partial<Assignment> {
  const userId = c.req.query("user.id");
  const projectId = c.req.query("scope.project.id");
  const roleId = c.req.query("role.id");
  return {
    ...(userId === undefined ? {} : { userId }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(roleId === undefined ? {} : { roleId }),
  };
}

async function requireUserAndProject(db: D1Database, userId: string, projectId: string): Promise<void> {
  await requireUser(db, userId);
  if (!(await findProject(db, { id: projectId }))) throw notFound("project", projectId);
}

const assignmentView = (c: AppContext, row: Listed, names: boolean) => ({
  role: { id: row.roleId, ...(names ? { name: row.roleName } : {}) },
  user: { id: row.userId, ...(names ? { name: row.userName, domain: domainReferenceView } : {}) },
  scope: {
    project: { id: row.projectId, ...(names ? { name: row.projectName, domain: domainReferenceView } : {}) },
  },
  links: {
    assignment: `${apiUrl(c)}/projects/${row.projectId}/users/${row.userId}/roles/${row.roleId}`,
  },
});
