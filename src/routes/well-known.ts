import { Hono } from "hono";
import type { Config } from "../env.ts";
import type { AppTypes } from "../http/app-types.ts";
import { baseUrl } from "../http/base-url.ts";
import { allow } from "../http/methods.ts";

const PATH = "/.well-known/openstack/api";

/**
 * What `profile: https://this.host` in a clouds.yaml fetches: everything that a client needs to know except its
 * credentials. Needs no token. The format is that of openstacksdk's vendor profiles; openstacksdk lets the file itself
 * override it.
 */
export const wellKnown = new Hono<AppTypes>();

wellKnown.use(PATH, allow("GET", "HEAD"));

wellKnown.get(PATH, (c) =>
  c.json({
    // The name under which a client stores it; it must differ between services.
    name: new URL(baseUrl(c)).host,
    profile: { ...identityProfile(c.var.config, baseUrl(c)), image_api_version: "2" },
  }),
);

function identityProfile({ identity }: Config, base: string): Record<string, unknown> {
  switch (identity.mode) {
    case "embedded":
      return {
        // The only domain, which applies if none is named.
        auth: {
          auth_url: `${base}/identity/v3`,
          user_domain_id: "default",
          project_domain_id: "default",
        },
        identity_api_version: "3",
        regions: [identity.region],
      };
    case "keystone":
      return {
        auth: { auth_url: identity.publicAuthUrl ?? identity.authUrl },
        identity_api_version: "3",
        regions: [identity.region],
      };
    case "none":
      return { auth_type: "admin_token", auth: { token: "anyone", endpoint: `${base}/v2/` } };
  }
}
