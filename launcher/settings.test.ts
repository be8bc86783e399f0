import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Overrides, readSettings, type Settings, SettingsError } from "./settings.ts";
import { workerBindings } from "./worker-options.ts";
import { workerVars } from "./worker-vars.ts";

const folder = mkdtempSync(join(tmpdir(), "glimpse-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

function settingsOf(text: string, overrides: Overrides = {}): Settings {
  const config = join(folder, "glimpse.toml");
  writeFileSync(config, text);
  return readSettings({ config, ...overrides });
}

function problemsOf(text: string, overrides: Overrides = {}): readonly string[] {
  try {
    settingsOf(text, overrides);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
  }
  return [];
}

test("without a file everything has a value", () => {
  const settings = readSettings({});
  expect(settings.server).toMatchObject({ host: "127.0.0.1", port: 9292, log_level: "info" });
  expect(settings.stores.map((store) => store.id)).toEqual(["file", "r2"]);
});

test("the example is what is there without a file, its folder apart", () => {
  const example = settingsOf(readFileSync(new URL("../glimpse.example.toml", import.meta.url), "utf8"));
  const { server, identity, stores } = readSettings({});
  expect(example.server).toEqual({ ...server, data_dir: join(folder, "glimpse-data") });
  expect(example.identity).toMatchObject(identity);
  expect(example.stores).toEqual(stores);
});

test("the command line comes before the file, and its folder is not relative to the file", () => {
  const file = '[server]\nhost = "10.0.0.1"\nport = 1\ndata_dir = "data"\nlog_level = "warn"\n';
  expect(settingsOf(file).server).toMatchObject({
    host: "10.0.0.1",
    port: 1,
    data_dir: join(folder, "data"),
  });
  const overrides = { host: "127.0.0.2", port: "2", dataDir: "/data", logLevel: "debug" };
  expect(settingsOf(file, overrides).server).toMatchObject({
    ...{ host: "127.0.0.2", port: 2 },
    ...{ data_dir: "/data", log_level: "debug" },
  });
});

test("all mistakes are reported together, each by its name in the file", () => {
  const text = `
    surprise = 1
    [server]
    host = "0.0.0.0"
    prot = 9292
    log_level = "loud"
    [identity]
    mode = "none"
    token_seconds = 1
    [relay]
    port = 70000
    [[stores]]
    id = "one"
    type = "file"
    [[stores]]
    id = "one"
    type = "r2"
    [transfers]
    lease_seconds = 10
    part_bytes = 1
  `;
  const problems = problemsOf(text, { port: "none" }).join("\n");
  for (const name of [
    ...["surprise", "server.port", "prot", "server.log_level", "identity.mode", "identity.token_seconds"],
    ...[
      "relay.port",
      "stores: has two stores of one id, one",
      "transfers: heartbeat_seconds",
      "transfers.part_bytes",
    ],
  ])
    expect(problems).toContain(name);
});

test("a mistake names what there is, in plain words", () => {
  expect(problemsOf('[server]\nlog_level = "loud"\n[[stores]]\nid = "x"\ntype = "tape"')).toEqual([
    "server.log_level: is not one of debug, info, warn, error",
    "stores.0.type: is not one of file, r2, rbd, http, s3, swift",
  ]);
});

test("a port of 0 is one mistake, and not also that of a relay that takes any", () => {
  expect(problemsOf("", { port: "0" })).toEqual([expect.stringMatching(/^server\.port: /)]);
});

describe("what the worker would refuse is refused here", () => {
  test.each([
    ["a port of 0", "[server]\nport = 0"],
    ["a relay on the server's port", "[relay]\nport = 9292"],
    ["no store", "stores = []"],
    ["two simulated R2 buckets", '[[stores]]\nid = "a"\ntype = "r2"\n[[stores]]\nid = "b"\ntype = "r2"'],
    ["a default that is only read", '[[stores]]\nid = "a"\ntype = "r2"\nread_only = true'],
    ["a store id with a slash", '[[stores]]\nid = "a/b"\ntype = "r2"'],
    ["a reserved store id", '[[stores]]\nid = "os_glance_x"\ntype = "r2"'],
    ["a token for a month", "[identity]\ntoken_seconds = 2592000"],
    ["a heartbeat as long as the lease", "[transfers]\nlease_seconds = 10\nheartbeat_seconds = 10"],
    ["text that is not TOML", "server = ["],
    ["a section that is none", 'server = "x"'],
  ])("%s", (_name, text) => {
    expect(problemsOf(text)).not.toEqual([]);
  });

  test("a file that is not there", () => {
    expect(() => readSettings({ config: join(folder, "nothing.toml") })).toThrow(SettingsError);
  });
});

describe("identity none lets anyone in", () => {
  const none = (host: string, more = "") =>
    problemsOf(`[server]\nhost = "${host}"\n[identity]\nmode = "none"\n${more}`);

  test.each(["127.0.0.1", "127.9.9.9", "localhost", "::1"])("who is on this machine: %s", (host) => {
    expect(none(host)).toEqual([]);
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org"])(
    "and nobody from elsewhere: %s",
    (host) => {
      expect(none(host)).toEqual([expect.stringContaining("allow_anyone")]);
      expect(none(host, "allow_anyone = true")).toEqual([]);
    },
  );
});

test("two file stores on one directory are refused, however it is spelled", () => {
  mkdirSync(join(folder, "kept"), { recursive: true });
  symlinkSync(join(folder, "kept"), join(folder, "linked"));
  const stores = (one: string, other: string) =>
    `[server]\ndata_dir = "."\n[[stores]]\nid = "a"\ntype = "file"\npath = "${one}"\n` +
    `[[stores]]\nid = "b"\ntype = "file"\npath = "${other}"\n`;
  for (const other of ["kept", "./kept/", join(folder, "kept"), "linked"])
    expect(problemsOf(stores("kept", other)), other).toEqual([expect.stringMatching(/^stores: a and b /)]);
  expect(problemsOf(stores("kept", "other"))).toEqual([]);
});

test("a port that is none is named as one", () => {
  expect(problemsOf("", { port: "abc" })).toEqual(["server.port: is not a port: a number from 1 to 65535"]);
});

test("a list that is longer without a limit than with one is refused", () => {
  const problem = ["limits: list_limit_default must be at most list_limit_max"];
  expect(problemsOf("[limits]\nlist_limit_default = 50\nlist_limit_max = 40\n")).toEqual(problem);
  expect(problemsOf("[limits]\nlist_limit_max = 20\n")).toEqual(problem);
});

test("certificates are looked for beside the file, and come in pairs", () => {
  const pair = '[server]\ntls_cert = "cert.pem"\ntls_key = "/etc/key.pem"\n';
  expect(settingsOf(pair).server).toMatchObject({
    ...{ tls_cert: join(folder, "cert.pem"), tls_key: "/etc/key.pem" },
  });
  expect(problemsOf('[server]\ntls_key = "key.pem"\n').join()).toContain("tls_cert");
});

test("the worker's own port is none that others have", () => {
  expect(problemsOf("[worker]\nport = 9292\n").join()).toContain("worker.port");
  expect(problemsOf("[relay]\nport = 9393\n[worker]\nport = 9393\n").join()).toContain("worker.port");
  expect(settingsOf("[worker]\nport = 9494\n").worker.port).toBe(9494);
});

test("rules for properties are checked as the worker checks them, by their names in the file", () => {
  const rule = 'create = ["@"]\nread = ["@"]\nupdate = ["@"]\n';
  const text = `[[property_protection.rules]]\nname = ".*"\n${rule}`;
  expect(settingsOf(`${text}delete = []`).property_protection).toEqual({
    mode: "roles",
    rules: [{ name: ".*", create: ["@"], read: ["@"], update: ["@"], delete: [] }],
  });
  expect(problemsOf(text).join()).toContain("property_protection.rules.0.delete");
});

describe("quotas", () => {
  test("for all and for a project become the worker's variable", () => {
    const settings = settingsOf(`
      [quotas]
      image_count_total = 5
      user_storage_quota = "10GB"
      [[quotas.projects]]
      id = "p"
      image_size_total = 7
    `);
    expect(varsOf(settings).QUOTAS).toEqual({
      imageCountTotal: 5,
      userStorageQuota: "10GB",
      useKeystoneLimits: false,
      projects: [{ id: "p", imageSizeTotal: 7 }],
    });
  });

  test.each([
    ['user_storage_quota = "ten"', "quotas.user_storage_quota: is no number of bytes"],
    ["image_count_total = -2", "quotas.image_count_total: "],
    ["image_total = 2", "quotas: "],
    ["use_keystone_limits = true", "quotas.use_keystone_limits: needs identity.mode"],
    ['projects = [{ id = "p" }, { id = "p" }]', "quotas.projects: names a project twice"],
  ])("%s is refused by its name", (line, problem) => {
    expect(problemsOf(`[quotas]\n${line}`)).toEqual([expect.stringContaining(problem)]);
  });
});

const varsOf = (settings: Settings) =>
  workerBindings({
    settings,
    script: "",
    secrets: { relayKey: { id: "k", secret: "s" }, tokenSigningKey: "t", adminPassword: "a" },
    socket: { host: "127.0.0.1", port: 0 },
    relayUrl: "http://127.0.0.1:1",
  });

test("rules of the policy are kept as they are written, and one that makes no sense is named", () => {
  const text = '[policy]\npublicize_image = "role:member and owner"\n';
  expect(settingsOf(text).policy).toEqual({ publicize_image: "role:member and owner" });
  expect(problemsOf('[policy]\nget_image = "ownr"\nget_imag = "@"\n').toSorted()).toEqual([
    "policy.get_imag: is no rule of the policy",
    'policy.get_image: has "ownr" at 1 where a check is expected',
  ]);
});

test("a store in Ceph is the relay's, and the worker is told where it is", () => {
  const fsid = "99a3b501-a5f5-4b36-b196-0010dbce8dc7";
  const settings = settingsOf(
    `[[stores]]\nid = "ceph"\ntype = "rbd"\nfsid = "${fsid}"\nconf = "ceph.conf"\nweight = 3`,
  );
  expect(settings.stores).toEqual([
    {
      ...{ id: "ceph", type: "rbd", fsid, pool: "images", weight: 3 },
      ...{ conf: join(folder, "ceph.conf"), user: "glance", timeout_seconds: 30 },
    },
  ]);
  expect(workerVars(settings, "http://127.0.0.1:1").STORES).toEqual([
    { id: "ceph", type: "relay", kind: "rbd", relay: "local", fsid, pool: "images", weight: 3 },
  ]);
});
