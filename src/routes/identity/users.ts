import { Hono } from "hono";
import { z } from "zod";
import { isPasswordOf, notAuthenticated } from "../../auth/login.ts";
import { hashSecret } from "../../auth/password.ts";
import { newIdentityId } from "../../db/identity/new-id.ts";
import { listProjectsOf } from "../../db/identity/projects.ts";
import {
  createUser,
  deleteUser,
  findUser,
  listUsers,
  type UserChanges,
  updateUser,
} from "../../db/identity/users.ts";
import type { AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";
import {
  asksOtherDomain,
  attribute,
  bodyOf,
  enabledFilter,
  forbidden,
  nameFilter,
  notFound,
  requireAdmin,
  requireSelfOrAdmin,
  requireUser,
} from "./request.ts";
import { listView, projectView, userView } from "./views.ts";

const optional = {
  enabled: z.boolean().optional().describe("Whether the user can log in; true for a new one"),
  password: attribute.secret
    .nullish()
    .describe("A new one ends the user's tokens; without one nobody logs in"),
  email: z.string().max(255).nullish().describe("Address for mail"),
  description: attribute.description.nullish(),
  default_project_id: attribute.id.nullish().describe("Project of tokens that are asked for without a scope"),
  domain_id: attribute.domainId.optional(),
};
export const userCreate = z
  .object({
    user: z
      .object({ ...optional, name: attribute.userName })
      .meta({ id: "UserCreateAttributes", description: "Attributes of a new user" }),
  })
  .meta({ id: "UserCreate", description: "A new user" });
export const userUpdate = z
  .object({
    user: z
      .object({ ...optional, name: attribute.userName.optional() })
      .meta({ id: "UserUpdateAttributes", description: "Attributes of the user that change" }),
  })
  .meta({ id: "UserUpdate", description: "What changes of a user" });
export const passwordChange = z
  .object({
    user: z
      .object({
        password: attribute.secret.describe("The new password"),
        original_password: attribute.secret.describe("The password until now"),
      })
      .meta({ id: "Passwords", description: "Both passwords" }),
  })
  .meta({ id: "PasswordChange", description: "A new password, and the one until now" });

export const users = new Hono<AppTypes>()
  .get("/users", async (c) => {
    requireAdmin(c.var.session, "list_users");
    const rows = asksOtherDomain(c)
      ? []
      : await listUsers(c.env.DB, { ...nameFilter(c), ...enabledFilter(c) });
    return c.json(listView("users", c.req.url, rows, (user) => userView(apiUrl(c), user)));
  })
  .post("/users", async (c) => {
    requireAdmin(c.var.session, "create_user");
    const { user } = await bodyOf(c.req.raw, userCreate);
    const row = {
      id: newIdentityId(),
      name: user.name,
      passwordHash: user.password ? await hashSecret(user.password) : null,
      enabled: user.enabled ?? true,
      email: user.email ?? null,
      description: user.description ?? null,
      defaultProjectId: user.default_project_id ?? null,
      tokensVoidUntil: 0,
    };
    await createUser(c.env.DB, row);
    return c.json({ user: userView(apiUrl(c), row) }, 201);
  })
  .get("/users/:id", async (c) => {
    const id = c.req.param("id");
    requireSelfOrAdmin(c.var.session, id, "get_user");
    const user = await findUser(c.env.DB, { id });
    if (!user) throw notFound("user", id);
    return c.json({ user: userView(apiUrl(c), user) });
  })
  .patch("/users/:id", async (c) => {
    requireAdmin(c.var.session, "update_user");
    const { user: asked } = await bodyOf(c.req.raw, userUpdate);
    const user = await updateUser(c.env.DB, c.req.param("id"), await changesOf(asked));
    if (!user) throw notFound("user", c.req.param("id"));
    return c.json({ user: userView(apiUrl(c), user) });
  })
  .delete("/users/:id", async (c) => {
    requireAdmin(c.var.session, "delete_user");
    if (!(await deleteUser(c.env.DB, c.req.param("id")))) throw notFound("user", c.req.param("id"));
    return c.body(null, 204);
  })
  .post("/users/:id/password", async (c) => {
    const id = c.req.param("id");
    if (c.var.session.caller.userId !== id) throw forbidden("change_password");
    const { user: asked } = await bodyOf(c.req.raw, passwordChange);
    const user = await findUser(c.env.DB, { id });
    if (!(await isPasswordOf(c.env.DB, user, asked.original_password))) throw notAuthenticated();
    await updateUser(c.env.DB, id, await changesOf({ password: asked.password }));
    return c.body(null, 204);
  })
  .get("/users/:id/projects", async (c) => {
    const id = c.req.param("id");
    requireSelfOrAdmin(c.var.session, id, "list_user_projects");
    const rows = await listProjectsOf(c.env.DB, id);
    if (rows.length === 0) await requireUser(c.env.DB, id);
    return c.json(listView("projects", c.req.url, rows, (project) => projectView(apiUrl(c), project)));
  });

/** A new password, or being disabled, ends the user's tokens for good: enabling does not make them valid again. */
async function changesOf(asked: Partial<z.output<typeof userUpdate>["user"]>): Promise<UserChanges> {
  const { name, enabled, password, email, description, default_project_id } = asked;
  const changes: UserChanges = {};
  if (name !== undefined) changes.name = name;
  if (enabled !== undefined) changes.enabled = enabled;
  if (password !== undefined) changes.passwordHash = password === null ? null : await hashSecret(password);
  if (email !== undefined) changes.email = email;
  if (description !== undefined) changes.description = description;
  if (default_project_id !== undefined) changes.defaultProjectId = default_project_id;
  if (password !== undefined || enabled === false) changes.tokensVoidUntil = Date.now();
  return changes;
}
