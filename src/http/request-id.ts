import { ServiceError } from "../domain/errors.ts";
import { REQUEST_ID_CHARS } from "../limits.ts";

export const REQUEST_ID = "x-openstack-request-id";

/** The caller's id with `req-` before it, or a new one (spec/image-api-v2.md section 2.2). Rejects ids over 64 characters. */
export function requestIdFrom(given: string | undefined): string {
  if (!given) return `req-${crypto.randomUUID()}`;
  if (given.length > REQUEST_ID_CHARS)
    throw new ServiceError(
      "headerTooLarge",
      `X-OpenStack-Request-Id is longer than ${REQUEST_ID_CHARS} characters.`,
    );
  return given.startsWith("req-") ? given : `req-${given}`;
}
