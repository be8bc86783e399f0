import type { AppContext } from "./app-types.ts";

/**
 * Where callers reach this service, without a slash at its end: the relay's front door by which this caller came, or
 * the configured URL, or the URL that this caller used.
 */
export const baseUrl = (c: AppContext): string =>
  c.var.site ?? c.var.config.publicUrl ?? new URL(c.req.url).origin;
