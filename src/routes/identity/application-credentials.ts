import { Hono } from "hono";
import { z } from "zod";
import { hashSecret } from "../../auth/password.ts";
import type { Session } from "../../auth/session.ts";
import {
  createApplicationCredential,
  deleteApplicationCredential,
  findApplicationCredential,
  listApplicationCredentials,
} from "../../db/identity/application-credentials.ts";
import { newIdentityId } from "../../db/identity/new-id.ts";
import { listRoles, type RoleRow, rolesNamed } from "../../db/identity/roles.ts";
import { ServiceError } from "../../domain/errors.ts";
import type { AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";
import {
  attribute,
  bodyOf,
  forbidden,
  nameFilter,
  notFound,
  requireSelfOrAdmin,
  requireUser,
} from "./request.ts";
import { applicationCredentialView, listView } from "./views.ts";

const role = z
  .object({ id: attribute.id.optional(), name: attribute.userName.optional() })
  .refine(({ id, name }) => id !== undefined || name !== undefined, { message: "needs an id or a name" })
  .meta({ id: "RoleReference", description: "A role by its id or its name" });

export const applicationCredentialCreate = z
  .object({
    application_credential: z
      .object({
        name: attribute.userName,
        description: attribute.description.nullish(),
        secret: attribute.secret.nullish().describe("Without one the service makes one"),
        roles: z
          .array(role)
          .max(100)
          .nullish()
          .describe("Roles that it lends, of those that the caller has; without any, all of them"),
        /** UTC, with or without a `Z`: the stock clients send none, and `date-time` would require one. */
        expires_at: z
          .string()
          .regex(z.regexes.datetime({ local: true, offset: true }), "Invalid ISO datetime")
          .transform((text) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`))
          .nullish()
          .describe("When it ends, an ISO 8601 time: in UTC unless a zone is given; without it, never"),
        unrestricted: z
          .boolean()
          .nullish()
          .describe("Whether its tokens may make and delete application credentials; false without it"),
        access_rules: z
          .array(z.never("is not supported"))
          .nullish()
          .meta({
            type: ["array", "null"],
            items: { type: "object" },
            maxItems: 0,
            description: "Not supported: none, if it is there",
          }),
      })
      .meta({
        id: "ApplicationCredentialCreateAttributes",
        description: "Attributes of a new application credential",
      }),
  })
  .meta({ id: "ApplicationCredentialCreate", description: "A new application credential" });

const COLLECTION = "/users/:userId/application_credentials";

export const applicationCredentials = new Hono<AppTypes>()
  .get(COLLECTION, async (c) => {
    const userId = c.req.param("userId");
    requireSelfOrAdmin(c.var.session, userId, "list_application_credentials");
    const roles = await listRoles(c.env.DB);
    const rows = await listApplicationCredentials(c.env.DB, { userId, ...nameFilter(c) });
    if (rows.length === 0) await requireUser(c.env.DB, userId);
    return c.json(
      listView("application_credentials", c.req.url, rows, (row) =>
        applicationCredentialView(apiUrl(c), row, roles),
      ),
    );
  })
  .post(COLLECTION, async (c) => {
    const { session } = c.var;
    requireOwnAndUnrestricted(session, c.req.param("userId"), "create_application_credential");
    const { application_credential: asked } = await bodyOf(c.req.raw, applicationCredentialCreate);
    const { projectId } = session.caller;
    if (projectId === null)
      throw new ServiceError(
        "invalid",
        "An application credential is for a project; this token is for none.",
      );
    const expiresAt = asked.expires_at ?? null;
    if (expiresAt !== null && expiresAt <= Date.now())
      throw new ServiceError("invalid", "Invalid application_credential.expires_at: has passed");
    const roles = lentRoles(await rolesNamed(c.env.DB, session.caller.roles), asked.roles);
    const secret = asked.secret ?? newSecret();
    const row = {
      id: newIdentityId(),
      userId: session.caller.userId,
      projectId,
      name: asked.name,
      description: asked.description ?? null,
      secretHash: await hashSecret(secret),
      roleIds: roles.map(({ id }) => id),
      expiresAt,
      unrestricted: asked.unrestricted ?? false,
    };
    await createApplicationCredential(c.env.DB, row);
    const shown = applicationCredentialView(apiUrl(c), row, roles);
    return c.json({ application_credential: { ...shown, secret } }, 201);
  })
  .get(`${COLLECTION}/:id`, async (c) => {
    const { userId, id } = c.req.param();
    requireSelfOrAdmin(c.var.session, userId, "get_application_credential");
    const credential = await findApplicationCredential(c.env.DB, { id });
    if (credential?.userId !== userId) throw notFound("application credential", id);
    const roles = await listRoles(c.env.DB);
    return c.json({ application_credential: applicationCredentialView(apiUrl(c), credential, roles) });
  })
  .delete(`${COLLECTION}/:id`, async (c) => {
    const { userId, id } = c.req.param();
    if (c.var.session.restricted) throw forbidden("delete_application_credential");
    requireSelfOrAdmin(c.var.session, userId, "delete_application_credential");
    if (!(await deleteApplicationCredential(c.env.DB, { id, userId })))
      throw notFound("application credential", id);
    return c.body(null, 204);
  });

/** Nobody, not even an administrator, may create one for another user; nor may a token of a restricted credential. */
function requireOwnAndUnrestricted(session: Session, userId: string, action: string): void {
  if (session.caller.userId !== userId || session.restricted) throw forbidden(action);
}

/** The requested roles, which the caller must have; by default, all the caller's roles. */
function lentRoles(
  own: readonly RoleRow[],
  asked: readonly z.output<typeof role>[] | null | undefined,
): RoleRow[] {
  if (!asked || asked.length === 0) return [...own];
  return asked.map(({ id, name }) => {
    const lent = own.find((r) =>
      id === undefined ? r.name.toLowerCase() === name?.toLowerCase() : r.id === id,
    );
    if (!lent) throw new ServiceError("invalid", `The role ${id ?? name} is not one that you have.`);
    return lent;
  });
}

/** 256 random bits, in characters that need no quoting in a shell or a URL. */
const newSecret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
