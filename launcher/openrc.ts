import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileSafely } from "./files.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

const PASSWORD = /^export OS_PASSWORD=.*$/m;

/**
 * Writes the file that a shell sources to use the stock clients, and returns its path. A password that stands there
 * already is kept: the first one is right until it is changed, and then only its owner knows.
 */
export function writeOpenrc(settings: Settings, secrets: Secrets, url: string): string {
  const path = join(settings.server.data_dir, "openrc");
  const lines =
    settings.identity.mode === "embedded"
      ? {
          OS_AUTH_URL: `${url}/identity/v3`,
          OS_IDENTITY_API_VERSION: "3",
          OS_USERNAME: "admin",
          OS_PASSWORD: secrets.adminPassword,
          OS_PROJECT_NAME: "admin",
          OS_USER_DOMAIN_NAME: "Default",
          OS_PROJECT_DOMAIN_NAME: "Default",
          OS_REGION_NAME: settings.identity.region ?? "RegionOne",
          OS_IMAGE_API_VERSION: "2",
        }
      : {
          OS_AUTH_TYPE: "admin_token",
          OS_TOKEN: "anyone",
          OS_ENDPOINT: url,
          OS_IMAGE_ENDPOINT_OVERRIDE: url,
          OS_IMAGE_URL: url,
          OS_IMAGE_API_VERSION: "2",
        };
  const text = Object.entries(lines).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  const kept = existsSync(path) ? PASSWORD.exec(readFileSync(path, "utf8"))?.[0] : undefined;
  const content = text.join("");
  writeFileSafely(path, kept ? content.replace(PASSWORD, () => kept) : content, 0o600);
  return path;
}
