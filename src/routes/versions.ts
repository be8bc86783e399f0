import { Hono } from "hono";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { baseUrl } from "../http/base-url.ts";
import { allow } from "../http/methods.ts";
import { MINOR_VERSIONS } from "../http/paths.ts";

/** The version documents, which need no token (spec/image-api-v2.md section 1). */
export const versions = new Hono<AppTypes>();

versions.all("/", (c) => versionDocument(c, 300));
versions.all("/versions", (c) => versionDocument(c, 200));
versions.all("/versions/", (c) => versionDocument(c, 200));
versions.use("/v2", allow("GET"));
versions.get("/v2", (c) => c.body(null, 302, { location: `${baseUrl(c)}/v2/` }));

export function versionDocument(c: AppContext, status: 200 | 300): Response {
  const links = [{ rel: "self", href: `${baseUrl(c)}/v2/` }];
  return c.json(
    {
      versions: MINOR_VERSIONS.map((minor, at) => ({
        id: `v2.${minor}`,
        status: at === 0 ? "CURRENT" : "SUPPORTED",
        links,
      })),
    },
    status,
  );
}
