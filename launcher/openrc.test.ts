import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeOpenrc } from "./openrc.ts";
import { loadSecrets } from "./secrets.ts";
import { readSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "glimpse-openrc-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("without identity there is a file for glance, which keeps no schema with an OS_AUTH_URL, and one for others", () => {
  const config = join(folder, "glimpse.toml");
  writeFileSync(config, '[identity]\nmode = "none"\n');
  const settings = readSettings({ config, dataDir: folder });
  const path = writeOpenrc(settings, loadSecrets(folder), "http://127.0.0.1:1") ?? "";
  const names = (file: string) =>
    [...readFileSync(file, "utf8").matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
  expect(names(path)).toEqual(["OS_AUTH_TYPE", "OS_TOKEN", "OS_ENDPOINT", "OS_IMAGE_API_VERSION"]);
  expect(names(`${path}-glance`)).toEqual(["OS_AUTH_TOKEN", "OS_IMAGE_URL", "OS_AUTH_URL"]);
});

test("a password that its owner put into openrc stays, and the address is today's", () => {
  const settings = readSettings({ dataDir: folder });
  const secrets = loadSecrets(folder);
  const path = writeOpenrc(settings, secrets, "http://127.0.0.1:1") ?? "";
  const first = readFileSync(path, "utf8");
  expect(first).toContain(`export OS_PASSWORD='${secrets.adminPassword}'`);
  expect(first).toMatch(/^unset OS_AUTH_TYPE OS_TOKEN OS_ENDPOINT$/m);
  writeFileSync(
    path,
    first.replace(secrets.adminPassword, () => "a $& new one"),
  );
  writeOpenrc(settings, secrets, "http://127.0.0.1:2");
  const second = readFileSync(path, "utf8");
  expect(second).toContain("export OS_PASSWORD='a $& new one'");
  expect(second).toContain("export OS_AUTH_URL='http://127.0.0.1:2/identity/v3'");
});
