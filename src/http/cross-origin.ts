import type { MiddlewareHandler } from "hono";
import { configOf } from "../env.ts";
import type { AppTypes } from "./app-types.ts";
import { CORS_DEFAULTS, corsHeaders, preflightHeaders } from "./cors.ts";

/**
 * Answers browsers that ask first, before anybody is asked for a token that they do not send then; and lets pages of the
 * allowed origins read every other answer, errors included. Hono's own would answer every OPTIONS there is, those that
 * are a 405 of the API among them (spec/image-api-v2.md section 2.5).
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
