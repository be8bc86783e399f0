import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileSafely } from "./files.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

/** What a shell may have of a service without identity (`withoutIdentity`), which `openstack` would take for more than ours. */
const FORGET = "unset OS_AUTH_TYPE OS_TOKEN OS_ENDPOINT\n";

const PASSWORD = /^export OS_PASSWORD=.*$/m;

/**
 * Writes the file that a shell sources to use the stock clients, and returns its path. A password that stands there
 * already is kept: the first one is right until it is changed, and then only its owner knows. With a Keystone there is none:
 * who uses it has a file of that cloud's.
 */
export function writeOpenrc(settings: Settings, secrets: Secrets, url: string): string | undefined {
  if (settings.identity.mode === "keystone") return undefined;
  const path = join(settings.server.data_dir, "openrc");
  if (settings.identity.mode === "none") {
    writeFileSafely(`${path}-glance`, exportsOf(forGlance(url)), 0o600);
    writeFileSafely(path, exportsOf(withoutIdentity(url)), 0o600);
    return path;
  }
  const content = `${FORGET}${exportsOf({
    OS_AUTH_URL: `${url}/identity/v3`,
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: "admin",
    OS_PASSWORD: secrets.adminPassword,
    OS_PROJECT_NAME: "admin",
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
    OS_REGION_NAME: settings.identity.region ?? "RegionOne",
    OS_IMAGE_API_VERSION: "2",
  })}`;
  const kept = existsSync(path) ? PASSWORD.exec(readFileSync(path, "utf8"))?.[0] : undefined;
  writeFileSafely(path, kept ? content.replace(PASSWORD, () => kept) : content, 0o600);
  return path;
}

/** What `openstack` and our own client need where there is no identity service. */
const withoutIdentity = (url: string) => ({
  OS_AUTH_TYPE: "admin_token",
  OS_TOKEN: "anyone",
  OS_ENDPOINT: `${url}/v2/`,
  OS_IMAGE_API_VERSION: "2",
});

/**
 * `glance` fails with the type `admin_token` of the others, so it has a file of its own. Without an OS_AUTH_URL it would
 * keep our schema in the user's home and then use that with every other cloud.
 */
const forGlance = (url: string) => ({
  OS_AUTH_TOKEN: "anyone",
  OS_IMAGE_URL: url,
  OS_AUTH_URL: url,
});

const exportsOf = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join("");
