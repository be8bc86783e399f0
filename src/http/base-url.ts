import type { AppContext } from "./app-types.ts";

/** Where callers reach this service, without a slash at its end: as configured, else as this caller did. */
export const baseUrl = (c: AppContext): string => c.var.config.publicUrl ?? new URL(c.req.url).origin;
