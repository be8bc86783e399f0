import type { MiddlewareHandler } from "hono";
import { ServiceError } from "../domain/errors.ts";
import type { AppTypes } from "./app-types.ts";

/**
 * Refuses every method that a resource does not have with a 405 that names those it has. Hono would answer HEAD through
 * GET, but under /v2 HEAD is never implemented (spec/image-api-v2.md section 2.5), so a resource must list it to have
 * it.
 */
export const allow = (...methods: string[]): MiddlewareHandler<AppTypes> => {
  const allowed = methods.join(", ");
  return async (c, next) => {
    if (!methods.includes(c.req.method))
      throw new ServiceError(
        "methodNotAllowed",
        `The method ${c.req.method} is not allowed for this resource.`,
        {
          headers: { allow: allowed },
        },
      );
    await next();
  };
};
