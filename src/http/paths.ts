import type { MiddlewareHandler } from "hono";
import { ServiceError } from "../domain/errors.ts";
import type { AppTypes } from "./app-types.ts";

/** Minor versions of the API, newest first; they behave alike (spec/image-api-v2.md section 1.3: no cache, multi-store). */
export const MINOR_VERSIONS: readonly number[] = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const ACCEPTS_VERSION = /^application\/vnd\.openstack\.images-v2(?:\.(\d+))?$/;

const isListed = (minor: string | undefined): boolean =>
  minor === undefined || MINOR_VERSIONS.some((known) => String(known) === minor);

/**
 * The path that a request is routed by. `/v2.N/…` is `/v2/…` for every listed N, and a path without a version is one
 * of v2 when the `Accept` header names v2 (spec/image-api-v2.md section 1.1).
 */
export function versionedPath(request: Request): string {
  const { pathname } = new URL(request.url);
  const minor = /^\/v2\.(\d+)(?=\/|$)/.exec(pathname);
  if (minor && isListed(minor[1])) return `/v2${pathname.slice(minor[0].length)}`;
  const accepted = ACCEPTS_VERSION.exec(request.headers.get("accept") ?? "");
  return accepted && isListed(accepted[1]) && !hasPrefix(pathname) ? `/v2${pathname}` : pathname;
}

/** What stands at the root beside the Image API. Everything else there is answered with the version document. */
const PREFIXES =
  /^\/(?:v\d[^/]*|versions|healthcheck|identity|relay|docs|openapi\.json|openapi\.yaml|\.well-known)?(?:\/|$)/;

const hasPrefix = (pathname: string): boolean => PREFIXES.test(pathname);

/** Under these an unknown path is a 404; elsewhere it asks which versions there are. */
export const isServicePath = (path: string): boolean =>
  /^\/(?:v2|healthcheck|identity|relay|docs)(?:\/|$)/.test(path);

/**
 * An escaped slash ends a segment, as it does where paths are decoded before they are routed: there is nothing under
 * such a path (spec/image-api-v2.md section 2.8).
 */
export const noEncodedSlash: MiddlewareHandler<AppTypes> = async (c, next) => {
  if (/%2f/i.test(c.req.path)) throw new ServiceError("notFound", "The resource could not be found.");
  await next();
};
