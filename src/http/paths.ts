import type { MiddlewareHandler } from "hono";
import { ServiceError } from "../domain/errors.ts";
import type { AppTypes } from "./app-types.ts";

/** Minor versions of the API, newest first; they behave alike (spec/image-api-v2.md section 1.3: no cache, multi-store). */
export const MINOR_VERSIONS: readonly number[] = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const ACCEPTS_VERSION = /^application\/vnd\.openstack\.images-v2(?:\.(\d+))?$/;

const isListed = (minor: string | undefined): boolean =>
  minor === undefined || MINOR_VERSIONS.some((known) => String(known) === minor);

/**
 * The path by which a request is routed. `/v2.N/…` is `/v2/…` for every listed N, and a path without a version belongs
 * to v2 if the `Accept` header names v2 (spec/image-api-v2.md section 1.1).
 */
export function versionedPath(request: Request): string {
  const { pathname } = new URL(request.url);
  const minor = /^\/v2\.(\d+)(?=\/|$)/.exec(pathname);
  if (minor && isListed(minor[1])) return `/v2${pathname.slice(minor[0].length)}`;
  const accepted = ACCEPTS_VERSION.exec(request.headers.get("accept") ?? "");
  return accepted && isListed(accepted[1]) && !hasPrefix(pathname) ? `/v2${pathname}` : pathname;
}

/** What exists at the root besides the Image API. Any other path is answered with the version document. */
const PREFIXES =
  /^\/(?:v\d[^/]*|versions|healthcheck|identity|relay|docs|openapi\.json|openapi\.yaml|\.well-known)?(?:\/|$)/;

const hasPrefix = (pathname: string): boolean => PREFIXES.test(pathname);

/** Under these an unknown path is a 404; any other gets the list of versions. */
export const isServicePath = (path: string): boolean =>
  /^\/(?:v2|healthcheck|identity|relay|docs)(?:\/|$)/.test(path);

/**
 * An escaped slash ends a segment, as if paths were decoded before routing: nothing exists under such a path
 * (spec/image-api-v2.md section 2.8).
 */
export const noEncodedSlash: MiddlewareHandler<AppTypes> = async (c, next) => {
  if (/%2f/i.test(c.req.path)) throw new ServiceError("notFound", "The resource could not be found.");
  await next();
};
