import { Hono } from "hono";
import { z } from "zod";
import { newIdentityId } from "../../db/identity/new-id.ts";
import {
  createProject,
  deleteProject,
  findProject,
  listProjects,
  listProjectsOf,
  type ProjectChanges,
  updateProject,
} from "../../db/identity/projects.ts";
import type { AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";
import {
  asksOtherDomain,
  attribute,
  bodyOf,
  enabledFilter,
  nameFilter,
  notFound,
  requireAdmin,
} from "./request.ts";
import { listView, projectView } from "./views.ts";

const optional = {
  enabled: z.boolean().optional().describe("Whether it can be used; true for a new one"),
  description: attribute.description.nullish(),
  domain_id: attribute.domainId.optional(),
};
export const projectCreate = z
  .object({
    project: z
      .object({
        ...optional,
        name: attribute.projectName,
        parent_id: z
          .enum(["default"], "names no domain; projects have no other parent")
          .nullish()
          .describe("The one domain"),
        is_domain: z
          .literal(false, "must be false; there is one domain")
          .optional()
          .describe("False: there is one domain"),
      })
      .meta({ id: "ProjectCreateAttributes", description: "Attributes of a new project" }),
  })
  .meta({ id: "ProjectCreate", description: "A new project" });
export const projectUpdate = z
  .object({
    project: z
      .object({ ...optional, name: attribute.projectName.optional() })
      .meta({ id: "ProjectUpdateAttributes", description: "Attributes of the project that change" }),
  })
  .meta({ id: "ProjectUpdate", description: "What changes of a project" });

export const projects = new Hono<AppTypes>()
  .get("/auth/projects", async (c) => {
    const rows = await listProjectsOf(c.env.DB, c.var.session.caller.userId);
    const open = rows.filter((project) => project.enabled);
    return c.json(listView("projects", c.req.url, open, (project) => projectView(apiUrl(c), project)));
  })
  .get("/projects", async (c) => {
    requireAdmin(c.var.session, "list_projects");
    const filter = { ...nameFilter(c), ...enabledFilter(c) };
    const rows = asksOtherDomain(c) ? [] : await listProjects(c.env.DB, filter);
    return c.json(listView("projects", c.req.url, rows, (project) => projectView(apiUrl(c), project)));
  })
  .post("/projects", async (c) => {
    requireAdmin(c.var.session, "create_project");
    const { project } = await bodyOf(c.req.raw, projectCreate);
    const row = {
      id: newIdentityId(),
      name: project.name,
      description: project.description ?? "",
      enabled: project.enabled ?? true,
      tokensVoidUntil: 0,
    };
    await createProject(c.env.DB, row);
    return c.json({ project: projectView(apiUrl(c), row) }, 201);
  })
  .get("/projects/:id", async (c) => {
    const id = c.req.param("id");
    if (c.var.session.caller.projectId !== id) requireAdmin(c.var.session, "get_project");
    const project = await findProject(c.env.DB, { id });
    if (!project) throw notFound("project", id);
    return c.json({ project: projectView(apiUrl(c), project) });
  })
  .patch("/projects/:id", async (c) => {
    requireAdmin(c.var.session, "update_project");
    const { project: asked } = await bodyOf(c.req.raw, projectUpdate);
    const changes: ProjectChanges = {};
    if (asked.name !== undefined) changes.name = asked.name;
    if (asked.description !== undefined) changes.description = asked.description ?? "";
    if (asked.enabled !== undefined) changes.enabled = asked.enabled;
    // For good: enabling the project does not make its tokens valid again.
    if (asked.enabled === false) changes.tokensVoidUntil = Date.now();
    const project = await updateProject(c.env.DB, c.req.param("id"), changes);
    if (!project) throw notFound("project", c.req.param("id"));
    return c.json({ project: projectView(apiUrl(c), project) });
  })
  .delete("/projects/:id", async (c) => {
    requireAdmin(c.var.session, "delete_project");
    if (!(await deleteProject(c.env.DB, c.req.param("id")))) throw notFound("project", c.req.param("id"));
    return c.body(null, 204);
  });
