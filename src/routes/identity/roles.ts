import { Hono } from "hono";
import { z } from "zod";
import { BUILT_IN_ROLES } from "../../auth/bootstrap.ts";
import { newIdentityId } from "../../db/identity/new-id.ts";
import { createRole, deleteRole, findRole, listRoles } from "../../db/identity/roles.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";
import { attribute, bodyOf, nameFilter, notFound, requireAdmin } from "./request.ts";
import { listView, roleView } from "./views.ts";

export const roleCreate = z
  .object({
    role: z
      .object({
        name: attribute.userName,
        description: attribute.description.nullish(),
        domain_id: z
          .null("is not supported for roles")
          .optional()
          .meta({ type: ["string", "null"], description: "Null: roles are of no domain" }),
      })
      .meta({ id: "RoleCreateAttributes", description: "Attributes of a new role" }),
  })
  .meta({ id: "RoleCreate", description: "A new role" });

/** Any logged-in user may see which roles exist; the names do not say who has them. */
export const roles = new Hono<AppTypes>()
  .get("/roles", async (c) => {
    const rows = await listRoles(c.env.DB, nameFilter(c));
    return c.json(listView("roles", c.req.url, rows, (role) => roleView(apiUrl(c), role)));
  })
  .post("/roles", async (c) => {
    requireAdmin(c.var.session, "create_role");
    const { role } = await bodyOf(c.req.raw, roleCreate);
    const row = { id: newIdentityId(), name: role.name, description: role.description ?? null };
    await createRole(c.env.DB, row);
    return c.json({ role: roleView(apiUrl(c), row) }, 201);
  })
  .get("/roles/:id", async (c) => {
    const role = await findRole(c.env.DB, c.req.param("id"));
    if (!role) throw notFound("role", c.req.param("id"));
    return c.json({ role: roleView(apiUrl(c), role) });
  })
  .delete("/roles/:id", async (c) => {
    requireAdmin(c.var.session, "delete_role");
    const role = await findRole(c.env.DB, c.req.param("id"));
    if (!role) throw notFound("role", c.req.param("id"));
    if (BUILT_IN_ROLES.some((name) => name === role.name))
      throw new ServiceError("forbidden", `The role ${role.name} is one that policy names; it stays.`);
    await deleteRole(c.env.DB, role.id);
    return c.body(null, 204);
  });
