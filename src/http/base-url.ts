import type { AppContext } from "./app-types.ts";

/**
 * Where callers reach this service, without a slash at its end: the front door of the relay that this one came by, else
 * as configured, else as this caller did.
 */
export const baseUrl = (c: AppContext): string =>
  c.var.site ?? c.var.config.publicUrl ?? new URL(c.req.url).origin;
