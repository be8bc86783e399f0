import { ServiceError } from "../domain/errors.ts";
import { REQUEST_ID_CHARS } from "../limits.ts";

export const REQUEST_ID = "x-openstack-request-id";

/** The characters that every header and log can carry unchanged. */
const PLAIN = /^[\x21-\x7e]+$/;

/** The caller's id with `req-` before it, or a new one if it gave no usable id (spec/image-api-v2.md section 2.2). */
export function requestIdFrom(given: string | undefined): string {
  if (!given || isLongRequestId(given) || !PLAIN.test(given)) return `req-${crypto.randomUUID()}`;
  return given.startsWith("req-") ? given : `req-${given}`;
}

/** Whether a caller's id is so long that the request is refused. */
const isLongRequestId = (given: string | undefined): boolean =>
  given !== undefined && given.length > REQUEST_ID_CHARS;

/** Throws `headerTooLarge` for an id over 64 characters (spec/rbac.md section 7). */
export function refuseLongRequestId(given: string | undefined): void {
  if (isLongRequestId(given))
    throw new ServiceError(
      "headerTooLarge",
      `X-OpenStack-Request-Id is longer than ${REQUEST_ID_CHARS} characters.`,
    );
}
