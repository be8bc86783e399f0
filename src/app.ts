import { Hono } from "hono";
import { discardBody } from "./actions/receive-body.ts";
import { authenticate } from "./auth/authenticate.ts";
import { siteOf } from "./auth/relay-request.ts";
import { ServiceError } from "./domain/errors.ts";
import { configOf } from "./env.ts";
import type { AppTypes } from "./http/app-types.ts";
import { crossOrigin } from "./http/cross-origin.ts";
import { errorBody, errorResponse } from "./http/error-response.ts";
import { logFrom } from "./http/log.ts";
import { isServicePath, versionedPath } from "./http/paths.ts";
import { refusalOf } from "./http/refusal.ts";
import { REQUEST_ID, refuseLongRequestId, requestIdFrom } from "./http/request-id.ts";
import { refuseUndecodable } from "./http/undecodable.ts";
import { DRAIN_BYTES, DRAIN_BYTES_UNAUTHORIZED, DRAIN_SECONDS } from "./limits.ts";
import { docs } from "./routes/docs.ts";
import { health } from "./routes/health.ts";
import { identity } from "./routes/identity.ts";
import { imageActions } from "./routes/image-actions.ts";
import { imageData } from "./routes/image-data.ts";
import { images } from "./routes/images.ts";
import { info } from "./routes/info.ts";
import { locations } from "./routes/locations.ts";
import { members } from "./routes/members.ts";
import { openapi } from "./routes/openapi.ts";
import { relayControl } from "./routes/relay-control.ts";
import { schemas } from "./routes/schemas.ts";
import { stores } from "./routes/stores.ts";
import { tags } from "./routes/tags.ts";
import { tasks } from "./routes/tasks.ts";
import { versionDocument, versions } from "./routes/versions.ts";
import { wellKnown } from "./routes/well-known.ts";

export const app = new Hono<AppTypes>({ getPath: versionedPath });

// Throws nothing itself, so that every answer passes through here on its way back.
app.use(async (c, next) => {
  const started = Date.now();
  const configured = configOf(c.env);
  c.set("requestId", requestIdFrom(c.req.header(REQUEST_ID)));
  c.set("log", logFrom(configured.ok ? configured.config.logLevel : "info", { request_id: c.var.requestId }));
  await next();
  c.res.headers.set(REQUEST_ID, c.var.requestId);
  if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "private, no-store");
  const caller = c.var.caller ?? c.var.session?.caller;
  c.var.log.info("request", {
    method: c.req.method,
    path: c.req.path,
    status: c.res.status,
    milliseconds: Date.now() - started,
    user: caller?.userId,
    project: caller?.projectId,
  });
});

app.use(crossOrigin);

// A client that is refused while it is sending would find its connection closed. So its body is read for a while, and
// then it gets the answer.
app.use(async (c, next) => {
  await next();
  const bytes = c.var.caller ? DRAIN_BYTES : DRAIN_BYTES_UNAUTHORIZED;
  if (c.res.status >= 400) await discardBody(c.req.raw.body, { bytes, seconds: DRAIN_SECONDS });
});

app.use(async (c, next) => {
  refuseLongRequestId(c.req.header(REQUEST_ID));
  const configured = configOf(c.env);
  if (configured.ok) c.set("config", configured.config);
  else if (c.req.path !== "/healthcheck")
    throw new ServiceError(
      "unavailable",
      "The service is not configured; its health check names what is wrong.",
    );
  await next();
});

app.use(async (c, next) => {
  c.set("site", await siteOf(c.var.config, c.req.raw.headers));
  await next();
});

app.route("/", versions);
app.route("/", health);
app.route("/", wellKnown);
app.route("/", docs);
app.route("/", openapi);
app.route("/", relayControl);

app.use("/v2/*", async (c, next) => {
  c.set("caller", await authenticate(c));
  refuseUndecodable(c.req.url);
  await next();
});

app.route("/", identity);
app.route("/", images);
app.route("/", imageData);
app.route("/", members);
app.route("/", tags);
app.route("/", imageActions);
app.route("/", schemas);
app.route("/", info);
app.route("/", locations);
app.route("/", stores);
app.route("/", tasks);

app.notFound((c) =>
  isServicePath(c.req.path)
    ? errorBody(c.req.header("accept"), 404, "The resource could not be found.")
    : versionDocument(c, 300),
);

app.onError((error, c) => {
  const accept = c.req.header("accept");
  const refusal = refusalOf(error, c);
  if (refusal) return errorResponse(accept, refusal);
  return errorBody(
    accept,
    500,
    "The server has either erred or is incapable of performing the requested operation.",
  );
});
