import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { afterAll, expect, test } from "vitest";
import { corsRules } from "../relay/cors-settings.ts";
import { secretsFile, varsFile } from "./deployment.ts";
import { loadSecrets } from "./secrets.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What the worker makes of its vars and secrets; its types are workerd's, and unknown to Node's programs. */
const ENV = "../src/env.ts";
const { readConfig } = (await import(ENV)) as { readConfig(env: object): { readonly ok: boolean } };

const folder = mkdtempSync(join(tmpdir(), "glimpse-deployment-"));
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = loadSecrets(folder);

function settingsOf(text: string): Settings {
  const config = join(folder, "glimpse.toml");
  writeFileSync(config, text);
  return readSettings({
    config,
    dataDir: folder,
    keystoneSecret: text.includes("keystone") ? "sesame" : undefined,
  });
}

/** What a worker on Cloudflare that was given what is printed makes of it. */
const deployed = (settings: Settings) =>
  readConfig({
    ...(parse(varsFile(settings)).vars as object),
    ...JSON.parse(secretsFile(settings, secrets)),
  });

const secretNames = (settings: Settings) =>
  [...varsFile(settings).matchAll(/^# {3}npx wrangler secret put (.*)$/gm)].map(([, name]) => name);

test.each([
  ["the defaults", ""],
  [
    "everything",
    `[server]
public_url = "https://images.example.org"
[identity]
token_seconds = 600
[transfers]
part_bytes = 6000000
[limits]
image_tag_quota = 7
[quotas]
image_count_total = 5
[[quotas.projects]]
id = "p"
image_count_total = 9
[policy]
publicize_image = "role:member"
[property_protection]
mode = "roles"
rules = [{ name = ".*", create = ["@"], read = ["@"], update = ["@"], delete = ["admin"] }]`,
  ],
  ["nothing but a bucket", '[[stores]]\nid = "r2"\ntype = "r2"'],
  [
    "a Keystone",
    '[identity]\nmode = "keystone"\nauth_url = "https://k"\nusername = "glance"\nproject_name = "service"',
  ],
  ["identity none", '[identity]\nmode = "none"\nallow_anyone = true'],
])("a worker on Cloudflare takes what is printed of %s", (_what, text) => {
  const config = deployed(settingsOf(text));
  expect(config).toMatchObject({ ok: true });
});

test("the settings are those of the file", () => {
  const config = deployed(settingsOf("[limits]\nimage_tag_quota = 7\n[transfers]\npart_bytes = 6000000"));
  expect(config).toMatchObject({
    config: { limits: { imageTagQuota: 7 }, transfers: { partBytes: 6_000_000 } },
  });
});

test.each([
  ["nothing", ""],
  ["a page", '[cors]\nallowed_origins = ["https://console.example.org"]'],
  [
    "everything",
    `[cors]
allowed_origins = ["*", "http://localhost:8080"]
allow_credentials = false
allow_methods = ["GET"]
allow_headers = ["X-Auth-Token"]
expose_headers = []
max_age_seconds = 0`,
  ],
])("worker and relay are told the same of pages of other origins: %s", (_what, text) => {
  const settings = settingsOf(text);
  expect(deployed(settings)).toMatchObject({ ok: true, config: { cors: corsRules(settings.cors) } });
});

test("secrets are named, those that are needed, and their values are printed on request alone", () => {
  const embedded = settingsOf("");
  const names = ["RELAY_KEYS", "TOKEN_SIGNING_KEY", "BOOTSTRAP_ADMIN_PASSWORD"];
  expect(secretNames(embedded)).toEqual(names);
  for (const value of [secrets.tokenSigningKey, secrets.adminPassword, secrets.relayKey.secret]) {
    expect(varsFile(embedded)).not.toContain(value);
    expect(secretsFile(embedded, secrets)).toContain(value);
  }
  const keystone = settingsOf(
    '[identity]\nmode = "keystone"\nauth_url = "https://k"\napplication_credential_id = "c"\n[[stores]]\nid = "r2"\ntype = "r2"',
  );
  expect(secretNames(keystone)).toEqual(["KEYSTONE_APPLICATION_CREDENTIAL_SECRET"]);
  expect(varsFile(keystone)).not.toContain("sesame");
});

test("the command prints either, and makes no secret", () => {
  const run = (...words: string[]) =>
    execFileSync(process.execPath, [fileURLToPath(new URL("config.ts", import.meta.url)), ...words], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  expect(run("--data-dir", folder)).toBe(varsFile(readSettings({ dataDir: folder })));
  expect(JSON.parse(run("--data-dir", folder, "--secrets"))).toMatchObject({
    TOKEN_SIGNING_KEY: secrets.tokenSigningKey,
  });
  expect(() => run("--data-dir", join(folder, "empty"), "--secrets")).toThrow("failed");
});
