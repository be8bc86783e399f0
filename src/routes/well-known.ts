import { Hono } from "hono";
import type { Config } from "../env.ts";
import type { AppTypes } from "../http/app-types.ts";
import { baseUrl } from "../http/base-url.ts";
import { allow } from "../http/methods.ts";

const PATH = "/.well-known/openstack/api";

/**
 * What `profile: https://this.host` in a clouds.yaml fetches: all that a client needs to know but who asks. Needs no
 * token. The shape is that of the vendor profiles of openstacksdk, which merges it under what the file itself says.
 */
export const wellKnown = new Hono<AppTypes>();

wellKnown.use(PATH, allow("GET", "HEAD"));

wellKnown.get(PATH, (c) =>
  c.json({
    // Under which a client keeps it; two services that it uses must not be taken for one.
    name: new URL(baseUrl(c)).host,
    profile: { ...identityProfile(c.var.config, baseUrl(c)), image_api_version: "2" },
  }),
);

function identityProfile({ identity }: Config, base: string): Record<string, unknown> {
  switch (identity.mode) {
    case "embedded":
      return {
        // The one domain there is: whoever names none means it.
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
