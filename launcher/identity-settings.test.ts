import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeOpenrc } from "./openrc.ts";
import { loadSecrets } from "./secrets.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";
import { workerBindings } from "./worker-options.ts";

const folder = mkdtempSync(join(tmpdir(), "glimpse-identity-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "secret"), "from a file\n", { mode: 0o600 });
writeFileSync(join(folder, "empty"), "\n", { mode: 0o600 });
writeFileSync(join(folder, "open"), "from a file\n");
chmodSync(join(folder, "open"), 0o644);

const KEYSTONE = 'mode = "keystone"\nauth_url = "http://keystone:5000"\n';
const USER = `${KEYSTONE}username = "glance"\nproject_name = "service"\n`;
const CREDENTIAL = `${KEYSTONE}application_credential_id = "ac"\n`;

function settingsOf(identity: string, keystoneSecret?: string): Settings {
  const config = join(folder, "glimpse.toml");
  writeFileSync(config, `[identity]\n${identity}`);
  return readSettings({ config, dataDir: folder, keystoneSecret });
}

function problemsOf(identity: string, keystoneSecret?: string): readonly string[] {
  try {
    settingsOf(identity, keystoneSecret);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

const bindingsOf = (settings: Settings) =>
  workerBindings({
    settings,
    secrets: loadSecrets(folder),
    script: "",
    socket: { host: "127.0.0.1", port: 1 },
    relayUrl: "http://127.0.0.1:2",
  });

test("a user's password is beside the file, and the worker hears what was said under its own names", () => {
  const more =
    'secret_file = "secret"\nuser_domain_name = "Users"\ncache_seconds = 5\nservice_roles = ["nova"]\n';
  const bindings = bindingsOf(settingsOf(USER + more));
  expect(bindings.KEYSTONE_PASSWORD).toBe("from a file");
  expect(bindings.IDENTITY).toEqual({
    ...{ mode: "keystone", authUrl: "http://keystone:5000", username: "glance", projectName: "service" },
    ...{ userDomainName: "Users", cacheSeconds: 5, serviceRoles: ["nova"] },
  });
});

test("an application credential's secret may come from the environment", () => {
  const bindings = bindingsOf(settingsOf(CREDENTIAL, "of the environment"));
  expect(bindings.KEYSTONE_APPLICATION_CREDENTIAL_SECRET).toBe("of the environment");
  expect(bindings.IDENTITY).toMatchObject({ applicationCredentialId: "ac" });
});

test.each([
  ["no address", USER.replace(/auth_url.*\n/, ""), "identity.auth_url"],
  ["an address with a user", USER.replace("keystone:", "me:pass@keystone:"), "identity.auth_url: has more"],
  ["nobody to be", KEYSTONE, "identity: needs either"],
  ["a user without a project", USER.replace(/project_name.*\n/, ""), "identity: needs either"],
  ["two to be", `${USER}application_credential_id = "ac"\n`, "identity: needs either"],
  ["answers that are kept for long", `${USER}cache_seconds = 61\n`, "identity.cache_seconds"],
  ["an empty secret", `${USER}secret_file = "empty"\n`, "identity.secret_file: there is no secret"],
  ["a secret that everyone may read", `${USER}secret_file = "open"\n`, "identity.secret_file: everyone"],
  ["a secret that is not there", `${USER}secret_file = "nothing"\n`, "identity.secret_file: ENOENT"],
])("Keystone with %s is refused by name", (_what, identity, problem) => {
  expect(problemsOf(identity, "secret")).toEqual([expect.stringContaining(problem)]);
});

test("Keystone without a secret is refused, and so are its settings without Keystone", () => {
  expect(problemsOf(USER)).toEqual([expect.stringContaining("GLIMPSE_KEYSTONE_SECRET")]);
  expect(problemsOf('auth_url = "http://keystone:5000"\n')).toEqual([
    expect.stringContaining("identity.auth_url"),
  ]);
});

test("with Keystone there is no openrc of ours", () => {
  expect(writeOpenrc(settingsOf(USER, "secret"), loadSecrets(folder), "http://127.0.0.1:1")).toBeUndefined();
});
