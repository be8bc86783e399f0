import { Hono } from "hono";
import { configOf } from "../env.ts";
import { preferredType } from "../http/accept.ts";
import type { AppTypes } from "../http/app-types.ts";
import { errorBody } from "../http/error-response.ts";
import { allow } from "../http/methods.ts";

export const health = new Hono<AppTypes>();

health.use("/healthcheck", allow("GET", "HEAD"));

/** Needs no token and no valid configuration (spec/info-tasks-cache.md section 5). */
health.get("/healthcheck", (c) => {
  const configured = configOf(c.env);
  const accept = c.req.header("accept");
  const type = preferredType(accept, ["text/plain", "text/html", "application/json"]);
  const reasons = configured.ok ? ["OK"] : configured.problems;
  if (type === "application/json" && c.req.method !== "HEAD")
    return c.json({ detailed: false, reasons }, configured.ok ? 200 : 503);
  if (!configured.ok) return errorBody(accept, 503, reasons.join("\n"));
  if (c.req.method === "HEAD") return c.body(null, 204);
  return type === "text/html" ? c.html("<html><body>OK</body></html>") : c.text("OK");
});
