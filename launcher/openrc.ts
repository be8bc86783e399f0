import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileSafely } from "./files.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

/**
 * Clears what a shell may still have from the openrc of a service without identity (`withoutIdentity`): `openstack` would
 * prefer that to the user's password.
 */
const FORGET = "unset OS_AUTH_TYPE OS_TOKEN OS_ENDPOINT\n";

const PASSWORD = /^export OS_PASSWORD=.*$/m;

/**
 * Writes the file that a shell sources to use the stock clients, and returns its path. A password already in it is
 * kept: the first password is right until it is changed, and after that only its owner knows it. With a Keystone there
 * is no such file: its users have one from their cloud.
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
 * `glance` fails with the auth type `admin_token` that the other clients use, so it has a file of its own. Without
 * OS_AUTH_URL it would cache our schema in the user's home and then use it with every other cloud.
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
