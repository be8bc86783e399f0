import { z } from "zod";
import { CORS_DEFAULTS, type CorsRules, isOrigin, isToken } from "../src/http/cors.ts";

const names = z.array(z.string().refine(isToken, "is no name of a header or a method")).optional();

/** The section `[cors]` of relay.toml and of glimpse.toml; the worker has the same as `CORS` (src/env-cors.ts). */
export const corsSection = z.strictObject({
  allowed_origins: z
    .array(z.string().refine(isOrigin, "is no origin such as https://console.example.org"))
    .optional(),
  allow_credentials: z.boolean().optional(),
  allow_methods: names,
  allow_headers: names,
  expose_headers: names,
  max_age_seconds: z.int().min(0).optional(),
});

/** The section's values, with defaults for the rest. */
export const corsRules = (said: z.output<typeof corsSection>): CorsRules => ({
  allowedOrigins: said.allowed_origins ?? CORS_DEFAULTS.allowedOrigins,
  allowCredentials: said.allow_credentials ?? CORS_DEFAULTS.allowCredentials,
  allowMethods: said.allow_methods ?? CORS_DEFAULTS.allowMethods,
  allowHeaders: said.allow_headers ?? CORS_DEFAULTS.allowHeaders,
  exposeHeaders: said.expose_headers ?? CORS_DEFAULTS.exposeHeaders,
  maxAgeSeconds: said.max_age_seconds ?? CORS_DEFAULTS.maxAgeSeconds,
});
