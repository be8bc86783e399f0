import { Hono } from "hono";
import type { AppTypes } from "../../http/app-types.ts";
import { apiUrl } from "./catalog.ts";

/** Tells keystoneauth that this is Keystone's version 3, and where it is. */
const version = (api: string) => ({
  id: "v3.14",
  status: "stable",
  updated: "2020-04-07T00:00:00Z",
  links: [{ rel: "self", href: `${api}/` }],
  "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
});

export const versions = new Hono<AppTypes>();

for (const path of ["/identity", "/identity/"])
  versions.get(path, (c) => c.json({ versions: { values: [version(apiUrl(c))] } }, 300));

for (const path of ["/identity/v3", "/identity/v3/"])
  versions.get(path, (c) => c.json({ version: version(apiUrl(c)) }));
