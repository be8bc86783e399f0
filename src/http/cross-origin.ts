import type { MiddlewareHandler } from "hono";
import { configOf } from "../env.ts";
import type { AppTypes } from "./app-types.ts";
import { CORS_DEFAULTS, corsHeaders, preflightHeaders } from "./cors.ts";

/**
 * Answers preflights before a token is required, because browsers send none with them, and lets pages of the allowed
 * origins read every other answer, errors included. Hono's own middleware would answer every OPTIONS, even those that
 * the API answers with a 405 (spec/image-api-v2.md section 2.5).
 */
export const crossOrigin: MiddlewareHandler<AppTypes> = async (c, next) => {
  const configured = configOf(c.env);
  const rules = configured.ok ? configured.config.cors : CORS_DEFAULTS;
  const asked = { method: c.req.method, header: (name: string) => c.req.header(name) };
  const preflight = preflightHeaders(rules, asked);
  if (preflight) return c.body(null, 204, preflight);
  await next();
  for (const [name, value] of Object.entries(corsHeaders(rules, asked.header)))
    c.res.headers.append(name, value);
};
