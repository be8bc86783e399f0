import { Hono } from "hono";
import { html } from "hono/html";
import { configOf } from "../env.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { allow } from "../http/methods.ts";

export const health = new Hono<AppTypes>();

health.use("/healthcheck", allow("GET", "HEAD"));

/** Needs no token and no good configuration (spec/info-tasks-cache.md section 5). */
health.get("/healthcheck", (c) => {
  const configured = configOf(c.env);
  if (!configured.ok) return report(c, 503, configured.problems);
  return c.req.method === "HEAD" ? c.body(null, 204) : report(c, 200, ["OK"]);
});

function report(c: AppContext, status: 200 | 503, reasons: readonly string[]): Response | Promise<Response> {
  const accept = (c.req.header("accept") ?? "").toLowerCase();
  if (accept.includes("application/json")) return c.json({ detailed: false, reasons }, status);
  if (accept.includes("text/html"))
    return c.html(html`<html><body>${reasons.map((reason) => html`<p>${reason}</p>`)}</body></html>`, status);
  return c.text(reasons.join("\n"), status);
}
