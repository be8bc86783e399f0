import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSettings as readRelaySettings } from "../relay/settings.ts";
import { secretsFile, varsFile } from "./deployment.ts";
import { relaySettings } from "./relay-process.ts";
import { loadSecrets } from "./secrets.ts";
import { readSettings, type Settings, SettingsError } from "./settings.ts";
import { workerBindings } from "./worker-options.ts";

const folder = mkdtempSync(join(tmpdir(), "glimpse-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "secret"), "from a file\n", { mode: 0o600 });
writeFileSync(join(folder, "token"), "lent\n", { mode: 0o600 });
writeFileSync(join(folder, "empty"), "\n", { mode: 0o600 });
writeFileSync(join(folder, "open"), "from a file\n");
chmodSync(join(folder, "open"), 0o644);

const STORE = `[[stores]]
id = "my-s3"
type = "s3"
endpoint = "https://s3.example.org"
bucket = "images"
access_key_id = "AKIA"
`;

const SWIFT = `[[stores]]
id = "objects"
type = "swift"
auth_url = "https://keystone.example.org"
secret_file = "secret"
`;

function settingsOf(store: string, environment: Record<string, string> = {}): Settings {
  const config = join(folder, "glimpse.toml");
  writeFileSync(config, store);
  return readSettings({ config, dataDir: folder, environment });
}

function problemsOf(store: string): readonly string[] {
  try {
    settingsOf(store);
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

test("the secret is in a file beside the settings, and the worker hears of it as a secret alone", () => {
  const more =
    'secret_file = "secret"\nsession_token_file = "token"\nthreshold_bytes = 6000000\npatience_seconds = 5\n';
  const settings = settingsOf(STORE + more);
  expect(bindingsOf(settings)).toMatchObject({
    STORES: [
      {
        ...{ id: "my-s3", type: "s3", endpoint: "https://s3.example.org", bucket: "images" },
        ...{ accessKeyId: "AKIA", thresholdBytes: 6_000_000, patienceSeconds: 5, carriers: ["local"] },
      },
    ],
    STORE_SECRETS: [{ store: "my-s3", secret: "from a file", sessionToken: "lent" }],
  });
  const vars = varsFile(settings);
  expect(vars).toContain("wrangler secret put STORE_SECRETS");
  for (const word of ["from a file", "lent", "secret_file", "secretFile", "sessionTokenFile", "carriers"])
    expect(vars).not.toContain(word);
  expect(secretsFile(settings, loadSecrets(folder))).toContain("from a file");
});

test("a Swift's settings reach the worker by its names, and what it proves itself with apart", () => {
  const more =
    'user = "glance"\nproject_name = "service"\ncontainer_seed = 2\nlarge_object_bytes = 2000000\n';
  expect(bindingsOf(settingsOf(SWIFT + more))).toMatchObject({
    STORES: [
      {
        ...{ id: "objects", type: "swift", authUrl: "https://keystone.example.org", user: "glance" },
        ...{ projectName: "service", containerSeed: 2, largeObjectBytes: 2_000_000 },
      },
    ],
    STORE_SECRETS: [{ store: "objects", secret: "from a file" }],
  });
});

test("the relay is told of the same stores, in a file of its own, but for what is the worker's alone", () => {
  const more =
    'secret_file = "secret"\nsession_token_file = "token"\nthreshold_bytes = 6000000\ndefault = true\n';
  const swift = `${SWIFT}user = "glance"\nproject_name = "service"\nlarge_object_bytes = 2000000\n`;
  const text = relaySettings({
    settings: settingsOf(STORE + more + swift),
    secrets: loadSecrets(folder),
    edgeUrl: "http://127.0.0.1:1",
  });
  const around = { env: {}, worldReadable: false };
  expect(readRelaySettings(text, around)).toMatchObject({
    ok: true,
    settings: {
      stores: [
        { id: "my-s3", type: "s3", access_key_id: "AKIA", secret: "from a file", session_token: "lent" },
        { id: "objects", type: "swift", user: "glance", secret: "from a file" },
      ],
    },
  });
});

test("else it is in the environment, under the store's name", () => {
  const environment = {
    GLIMPSE_STORE_SECRET_MY_S3: "from the environment",
    GLIMPSE_STORE_SESSION_TOKEN_MY_S3: "lent",
  };
  expect(settingsOf(STORE, environment).storeSecrets).toEqual([
    { store: "my-s3", secret: "from the environment", sessionToken: "lent" },
  ]);
});

test.each<[string, string, string]>([
  ["no secret", STORE, "GLIMPSE_STORE_SECRET_MY_S3 is not set either"],
  ["a file that is not there", `${STORE}secret_file = "none"`, "stores.my-s3.secret_file: ENOENT"],
  ["an empty file", `${STORE}secret_file = "empty"`, "stores.my-s3.secret_file: there is no secret in it"],
  ["a file that everyone may read", `${STORE}secret_file = "open"`, "everyone may read"],
  ["a secret in the settings", `${STORE}secret = "hunter2"`, "stores.0"],
  ["a Swift without a user", SWIFT, "stores.0: needs either a user and a project"],
  ["a Swift of an odd version", `${SWIFT}auth_version = 2`, "stores.0.auth_version"],
  [
    "two Swifts of one place",
    `${SWIFT}application_credential_id = "i"\n${SWIFT.replace("objects", "o2")}application_credential_id = "i"`,
    "stores: has objects and o2 both in the container",
  ],
  ["a word that is none", `${STORE}addressing = "dns"`, "stores.0.addressing"],
])("%s is refused by name", (_what, text, problem) => {
  const problems = problemsOf(text).join("\n");
  expect(problems).toContain(problem);
  expect(problems).not.toContain("hunter2");
});

test("what is wrong with secrets and with all stores together is told with all else, each for itself", () => {
  const twice = `${STORE.replace("my-s3", "other").replace("AKIA", "")}secret_file = "open"\n`;
  expect(problemsOf(`${STORE}default = true\n${twice}default = true\n`)).toEqual([
    "stores.1.access_key_id: is empty",
    "stores: has my-s3 and other both in the bucket images of s3.example.org",
    "stores: has two default stores, my-s3 and other",
    "stores.my-s3.secret_file: is missing, and GLIMPSE_STORE_SECRET_MY_S3 is not set either",
    expect.stringContaining("stores.other.secret_file: everyone may read"),
  ]);
});
