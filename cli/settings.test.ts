import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { credentialsFrom, type Environment, imageEndpointIn, readSettings } from "./settings.ts";

const nobodyAsked = async () => {
  throw new Error("asked for a password");
};
const credentials = (
  environment: Environment,
  options = {},
  ask: () => Promise<string | undefined> = nobodyAsked,
) => credentialsFrom(readSettings({ options, environment }), ask);

const BASE = { OS_AUTH_URL: "http://k/identity", OS_USERNAME: "demo", OS_PASSWORD: "pw" };

describe("credentials", () => {
  test("are a user's password, scoped to a project, in the default domain", async () => {
    expect(await credentials({ ...BASE, OS_PROJECT_NAME: "p" })).toEqual({
      type: "password",
      authUrl: "http://k/identity",
      user: { name: "demo", domain: { id: "default" } },
      password: "pw",
      scope: { project: { name: "p", domain: { id: "default" } } },
    });
  });

  test("follow the domains and ids that are set", async () => {
    const environment = {
      ...BASE,
      OS_USER_DOMAIN_NAME: "Users",
      OS_PROJECT_DOMAIN_ID: "d2",
      OS_TENANT_NAME: "old",
    };
    expect(await credentials(environment)).toMatchObject({
      user: { name: "demo", domain: { name: "Users" } },
      scope: { project: { name: "old", domain: { id: "d2" } } },
    });
    expect(await credentials({ ...environment, OS_USER_ID: "u", OS_PROJECT_ID: "p" })).toMatchObject({
      user: { id: "u" },
      scope: { project: { id: "p" } },
    });
    expect(await credentials({ ...BASE, OS_SYSTEM_SCOPE: "all" })).toMatchObject({ scope: { system: true } });
    expect(await credentials({ ...BASE, OS_DOMAIN_NAME: "D" })).toMatchObject({
      scope: { domain: { name: "D" } },
    });
  });

  test("are an application credential, by id or by name", async () => {
    const secret = { OS_AUTH_URL: "http://k", OS_APPLICATION_CREDENTIAL_SECRET: "s" };
    expect(await credentials({ ...secret, OS_APPLICATION_CREDENTIAL_ID: "a" })).toEqual({
      type: "applicationCredential",
      authUrl: "http://k",
      credential: { id: "a" },
      secret: "s",
    });
    const named = { ...secret, OS_APPLICATION_CREDENTIAL_NAME: "n", OS_USER_ID: "u" };
    expect(await credentials({ ...named, OS_AUTH_TYPE: "v3applicationcredential" })).toMatchObject({
      credential: { name: "n", user: { id: "u" } },
    });
  });

  test("are a token, shown to the identity service or used as it is", async () => {
    expect(await credentials({ OS_AUTH_URL: "http://k", OS_TOKEN: "t" })).toMatchObject({
      type: "token",
      token: "t",
    });
    const direct = { OS_IMAGE_URL: "http://g", OS_AUTH_TOKEN: "t" };
    expect(await credentials(direct)).toEqual({ type: "fixed", token: "t" });
    expect(await credentials({ ...BASE, ...direct })).toEqual({ type: "fixed", token: "t" });
  });

  test("are none where none are wanted", async () => {
    const open = { OS_ENDPOINT: "http://g" };
    expect(await credentials(open)).toEqual({ type: "fixed", token: undefined });
    expect(await credentials({ ...BASE, ...open, OS_AUTH_TYPE: "none", OS_TOKEN: "t" })).toEqual({
      type: "fixed",
      token: undefined,
    });
  });

  test("ask for a password that is not set", async () => {
    const environment = { ...BASE, OS_PASSWORD: "" };
    expect(await credentials(environment, {}, async () => "typed")).toMatchObject({ password: "typed" });
    await expect(credentials(environment, {}, async () => undefined)).rejects.toMatchObject({ exitCode: 2 });
  });

  test("name all that is missing at once", async () => {
    await expect(credentials({})).rejects.toThrow(
      "To authenticate, OS_AUTH_URL and OS_USERNAME must be set.",
    );
    await expect(credentials({ OS_AUTH_TYPE: "v3applicationcredential" })).rejects.toThrow(
      "OS_AUTH_URL, OS_APPLICATION_CREDENTIAL_SECRET and OS_APPLICATION_CREDENTIAL_ID",
    );
    await expect(credentials({ OS_AUTH_TYPE: "admin_token", OS_TOKEN: "t" })).rejects.toThrow("no endpoint");
    await expect(credentials({ ...BASE, OS_AUTH_TYPE: "v3kerberos" })).rejects.toThrow("is not known");
    await expect(credentials({ ...BASE, OS_AUTH_URL: "k:5000" })).rejects.toThrow(
      "is not an http or https URL",
    );
  });
});

describe("settings", () => {
  test("take options before the environment, and an empty value for none", () => {
    const settings = readSettings({
      options: { "os-image-url": "http://option", "os-username": "" },
      environment: { OS_IMAGE_URL: "http://variable", OS_USERNAME: "demo", OS_REGION_NAME: "" },
    });
    expect(settings).toEqual({ "os-image-url": "http://option", "os-username": "demo" });
    expect(imageEndpointIn(settings)).toBe("http://option");
  });
});

describe("a cloud of clouds.yaml", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "glimpse-clouds-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const read = (environment: Environment, options = {}) =>
    readSettings({
      options,
      environment: { OS_CLIENT_CONFIG_FILE: join(folder, "clouds.yaml"), OS_CLOUD: "home", ...environment },
    });

  test("stands in place of the environment, with secure.yaml merged and options before it", () => {
    write(
      "clouds.yaml",
      "clouds:\n  home:\n    auth:\n      auth_url: http://k\n      username: demo\n      project_id: 123\n    region_name: R\n    verify: false\n",
    );
    write("secure.yaml", "clouds:\n  home:\n    auth:\n      password: pw\n");
    expect(read({ OS_USERNAME: "other", OS_PROJECT_NAME: "other" }, { "os-region-name": "S" })).toEqual({
      "os-auth-url": "http://k",
      "os-username": "demo",
      "os-project-id": "123",
      "os-password": "pw",
      "os-region-name": "S",
      insecure: true,
    });
  });

  test("is missed by name", () => {
    write("clouds.yaml", "clouds: {}\n");
    expect(() => read({})).toThrow('has no cloud "home"');
  });

  test("is not quoted when the file is broken: it holds secrets", () => {
    write("clouds.yaml", 'clouds:\n  home:\n    auth: { password: "sesame\n');
    expect(() => read({})).toThrow(/is not YAML, at line \d\.$/);
  });

  test("says where it was looked for", () => {
    expect(() => readSettings({ options: { "os-cloud": "home" }, environment: { HOME: folder } })).toThrow(
      "there is no clouds.yaml",
    );
  });
});
