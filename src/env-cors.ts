import { z } from "zod";
import { CORS_DEFAULTS, isOrigin, isToken } from "./http/cors.ts";

const names = z.array(z.string().refine(isToken, "is no name of a header or a method"));

/** Which origins' pages may call (http/cors.ts). */
export const cors = z.strictObject({
  allowedOrigins: z
    .array(z.string().refine(isOrigin, "is no origin such as https://console.example.org"))
    .default([...CORS_DEFAULTS.allowedOrigins]),
  allowCredentials: z.boolean().default(CORS_DEFAULTS.allowCredentials),
  allowMethods: names.default([...CORS_DEFAULTS.allowMethods]),
  allowHeaders: names.default([...CORS_DEFAULTS.allowHeaders]),
  exposeHeaders: names.default([...CORS_DEFAULTS.exposeHeaders]),
  maxAgeSeconds: z.int().min(0).default(CORS_DEFAULTS.maxAgeSeconds),
});
