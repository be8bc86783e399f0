import { Hono } from "hono";
import { sessionOfRequest } from "../auth/authenticate.ts";
import { bootstrapIdentity } from "../auth/bootstrap.ts";
import { forgetSessions } from "../auth/session.ts";
import { ServiceError } from "../domain/errors.ts";
import type { AppTypes } from "../http/app-types.ts";
import { statusOf, titleOf } from "../http/error-response.ts";
import { refusalOf } from "../http/refusal.ts";
import { applicationCredentials } from "./identity/application-credentials.ts";
import { catalog } from "./identity/catalog.ts";
import { domains } from "./identity/domains.ts";
import { projects } from "./identity/projects.ts";
import { roleAssignments } from "./identity/role-assignments.ts";
import { roles } from "./identity/roles.ts";
import { login, tokens } from "./identity/tokens.ts";
import { users } from "./identity/users.ts";
import { versions } from "./identity/versions.ts";

/** The part of Keystone's API v3 that clients of an image service need, where identity is embedded. */
export const identity = new Hono<AppTypes>();

const noSuchResource = () => {
  throw new ServiceError("notFound", "The resource could not be found.");
};

const V3 = "/identity/v3";

for (const path of ["/identity", "/identity/*"])
  identity.use(path, async (c, next) => {
    if (c.var.config.identity.mode !== "embedded") noSuchResource();
    await next();
  });

identity.route("/", versions);

identity.use(`${V3}/*`, async (c, next) => {
  await bootstrapIdentity(c.env, c.var.config);
  await next();
});

identity.route(V3, login);

identity.use(`${V3}/*`, async (c, next) => {
  c.set("session", await sessionOfRequest(c));
  try {
    await next();
  } finally {
    // Whatever was written, sessions in the cache may be wrong now. At home that was said in the moment of the write.
    if (c.req.method !== "GET" && c.req.method !== "HEAD") forgetSessions();
  }
});

for (const resource of [
  tokens,
  catalog,
  users,
  projects,
  roles,
  roleAssignments,
  applicationCredentials,
  domains,
])
  identity.route(V3, resource);

identity.all("/identity/*", noSuchResource);

/** Errors in Keystone's format. */
identity.onError((error, c) => {
  const refusal = refusalOf(error, c);
  const code = refusal ? statusOf(refusal.kind) : 500;
  const message =
    refusal?.message ?? "An unexpected error prevented the server from fulfilling your request.";
  return Response.json(
    { error: { code, message, title: titleOf(code) } },
    { status: code, headers: refusal?.headers ?? {} },
  );
});
