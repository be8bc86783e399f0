import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CORS_DEFAULTS } from "../src/http/cors.ts";
import { readSettings } from "./settings.ts";

const SECRET = "0123456789 0123456789 0123456789";
const text = `
[[keys]]
id = "k1"
secret_env = "KEY"
[[stores]]
id = "file"
type = "file"
path = "/var/lib/glance/images"
`;
const around = { env: { KEY: SECRET }, worldReadable: true };

test("fills in what is not said", () => {
  expect(readSettings(text, around)).toEqual({
    ok: true,
    settings: {
      listen: { host: "127.0.0.1", port: 9393 },
      logLevel: "info",
      clockSeconds: 60,
      idleSeconds: 300,
      shutdownSeconds: 60,
      keys: [{ id: "k1", secret: SECRET }],
      stores: [{ id: "file", type: "file", path: "/var/lib/glance/images" }],
    },
  });
});

test("lets the environment have the last word", () => {
  const env = {
    KEY: SECRET,
    GLIMPSE_RELAY_HOST: "::1",
    GLIMPSE_RELAY_PORT: "0",
    GLIMPSE_RELAY_LOG_LEVEL: "debug",
  };
  expect(readSettings(text, { ...around, env })).toMatchObject({
    settings: { listen: { host: "::1", port: 0 }, logLevel: "debug" },
  });
  expect(readSettings(text, { ...around, env: { ...env, GLIMPSE_RELAY_PORT: "http" } })).toMatchObject({
    ok: false,
  });
});

test("reports every mistake at once and never a secret", () => {
  const wrong = `
log_level = "loud"
colour = "red"
[listen]
port = 70000
[[keys]]
id = "k 1"
secret = "hush"
[[stores]]
id = "file"
type = "file"
path = "images"
[[stores]]
id = "x"
type = "rbd"
`;
  const result = readSettings(wrong, around);
  const problems = result.ok ? [] : result.problems;
  for (const name of ["log_level", "colour", "listen.port", "keys.0.id", "stores.0.path", "stores.1"])
    expect(problems.join("\n")).toContain(name);
  expect(problems.join("\n")).not.toContain("hush");
});

test("reports what is wrong with keys and names together", () => {
  const twice = `${text}[[stores]]\nid = "file"\ntype = "memory"\n[[keys]]\nid = "k1"\nsecret = "hush"\n`;
  const result = readSettings(twice, { ...around, env: {} });
  const problems = result.ok ? "" : result.problems.join("\n");
  for (const part of [
    "keys: k1 is there twice",
    "stores: file is there twice",
    "KEY is not set",
    "everyone may read",
    "shorter",
  ])
    expect(problems).toContain(part);
  expect(problems).not.toContain("hush");
});

test("wants one source for each secret", () => {
  const both = text.replace('secret_env = "KEY"', `secret_env = "KEY"\nsecret = "${SECRET}"`);
  for (const given of [both, text.replace('secret_env = "KEY"', "")])
    expect(readSettings(given, around)).toMatchObject({
      problems: [expect.stringContaining("exactly one of")],
    });
});

test("reads a secret from a file that not everyone may read", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "glimpse-key-")), "key");
  await writeFile(file, `${SECRET}\n`, { mode: 0o600 });
  const fromFile = text.replace('secret_env = "KEY"', `secret_file = "${file}"`);
  expect(readSettings(fromFile, around)).toMatchObject({
    settings: { keys: [{ id: "k1", secret: SECRET }] },
  });
  await chmod(file, 0o644);
  expect(readSettings(fromFile, around)).toMatchObject({
    problems: [expect.stringContaining("everyone may read")],
  });
  const absent = readSettings(fromFile.replace(file, `${file}.absent`), around);
  expect(absent).toMatchObject({ problems: [expect.stringContaining("ENOENT")] });
});

test.each(["/a/../b", "/a/./b", "/a//b", "/a/", "relative", "/"])(
  "refuses %s as a store's directory",
  (path) => {
    expect(readSettings(text.replace("/var/lib/glance/images", path), around)).toMatchObject({ ok: false });
  },
);

test("names the line of what is not TOML", () => {
  expect(readSettings("[[keys]\n", around)).toMatchObject({ ok: false });
});

test("the example explains settings that are right", async () => {
  const example = await readFile(new URL("./relay.example.toml", import.meta.url), "utf8");
  const settings = readSettings(example.replace(/secret_file = .*/, 'secret_env = "KEY"'), around);
  expect(settings).toMatchObject({ ok: true });
});

describe("the front door", () => {
  const door = `${text}\n[edge]\nurl = "https://edge.example"\n[front_door]\n`;

  test("listens where Glance does unless told otherwise, for clients on this machine", () => {
    expect(readSettings(door, around)).toMatchObject({
      settings: {
        edge: { url: "https://edge.example" },
        frontDoor: { host: "127.0.0.1", port: 9292, trustedProxies: [], maxConnections: 1000 },
      },
    });
  });

  test("lets no page of another origin read what it answers, unless told so", () => {
    expect(readSettings(door, around)).not.toHaveProperty("settings.frontDoor.cors");
    const cors = `[cors]\nallowed_origins = ["https://console.example.org"]\nmax_age_seconds = 5\n`;
    expect(readSettings(door + cors, around)).toMatchObject({
      settings: {
        frontDoor: {
          cors: { ...CORS_DEFAULTS, allowedOrigins: ["https://console.example.org"], maxAgeSeconds: 5 },
        },
      },
    });
    expect(readSettings(text + cors, around)).toMatchObject({ problems: [expect.stringContaining("cors")] });
  });

  test("is none unless it is asked for, and then needs an edge", () => {
    expect(readSettings(text, around)).not.toHaveProperty("settings.frontDoor");
    expect(readSettings(`${text}[front_door]\n`, around)).toMatchObject({
      problems: [expect.stringContaining("edge.url")],
    });
  });

  test("suffices without a store", () => {
    const without = door.replace(/\[\[stores\]\][^[]*/, "");
    expect(readSettings(without, around)).toMatchObject({ ok: true, settings: { stores: [] } });
    expect(readSettings(text.replace(/\[\[stores\]\][^[]*/, ""), around)).toMatchObject({
      problems: [expect.stringContaining("stores")],
    });
  });

  test.each([
    ["a proxy that is no address", 'trusted_proxies = ["proxy.example"]', "front_door.trusted_proxies"],
    ["a network of too many bits", 'trusted_proxies = ["10.0.0.0/33"]', "front_door.trusted_proxies"],
    ["a certificate without its key", 'tls_cert = "/dev/null"', "go together"],
    ["files that are not there", 'tls_cert = "/no/cert"\ntls_key = "/no/key"', "/no/key cannot be read"],
    ["no connection at all", "max_connections = 0", "front_door.max_connections"],
  ])("refuses %s", (_name, line, problem) => {
    const result = readSettings(door + line, around);
    expect(result.ok ? "" : result.problems.join("\n")).toContain(problem);
  });

  test("refuses a key that everyone may read", async () => {
    const key = join(await mkdtemp(join(tmpdir(), "glimpse-key-")), "key.pem");
    await writeFile(key, "key", { mode: 0o644 });
    const result = readSettings(`${door}tls_cert = "${key}"\ntls_key = "${key}"`, around);
    expect(result).toMatchObject({ problems: [expect.stringContaining("everyone may read")] });
  });
});

const ceph = (more: string) => readSettings(`${text}[[stores]]\nid = "ceph"\ntype = "rbd"\n${more}`, around);

test("a store in Ceph needs to know its cluster alone", () => {
  const fsid = "99a3b501-a5f5-4b36-b196-0010dbce8dc7";
  const read = ceph(`fsid = "${fsid}"`);
  expect(read.ok && read.settings.stores[1]).toEqual({
    ...{ id: "ceph", type: "rbd", fsid, pool: "images" },
    ...{ conf: "/etc/ceph/ceph.conf", user: "glance", timeout_seconds: 30 },
  });
});

test.each([
  ["without a cluster", "", "fsid"],
  ["with a cluster that is none", `fsid = "x"`, "fsid"],
  ["with a pool whose name would have to be encoded", `pool = "a/b"`, "pool"],
  ["with a user as Ceph's own keyrings name it", `user = "client glance"`, "user"],
  ["with a file that is not named from the root", `conf = "ceph.conf"`, "conf"],
])("a store in Ceph is refused %s", (_what, settings, name) => {
  const read = ceph(settings);
  expect(read.ok ? "" : read.problems.join()).toContain(`stores.1.${name}`);
});

test("two stores in one pool are refused, as each would take the other's images for its own", () => {
  const fsid = "99a3b501-a5f5-4b36-b196-0010dbce8dc7";
  const read = ceph(`fsid = "${fsid}"\n[[stores]]\nid = "again"\ntype = "rbd"\nfsid = "${fsid}"`);
  expect(read.ok ? "" : read.problems.join()).toContain(`the pool images of ${fsid} is there twice`);
});

const BUCKET = `
[[stores]]
id = "cold"
type = "s3"
endpoint = "https://s3.example.org"
bucket = "images"
access_key_id = "AKIA"
`;
const CONTAINER = `
[[stores]]
id = "objects"
type = "swift"
auth_url = "https://keystone.example.org"
user = "glance"
project_name = "service"
`;

test("knows stores of the edge's, whose secrets come from wherever the keys' may", () => {
  const more = `${BUCKET}secret_env = "COLD"\nsession_token_env = "LENT"\n${CONTAINER}secret_env = "OBJECTS"\n`;
  const env = { KEY: SECRET, COLD: "of the bucket", LENT: "lent", OBJECTS: "of the user" };
  const result = readSettings(text + more, { ...around, env });
  expect(result.ok && result.settings.stores.slice(1)).toMatchObject([
    {
      id: "cold",
      region: "auto",
      part_bytes: 16 * 1024 * 1024,
      secret: "of the bucket",
      session_token: "lent",
    },
    { id: "objects", auth_version: 3, reference: "ref1", container: "glance", secret: "of the user" },
  ]);
});

test.each<[string, string, string]>([
  ["no secret", BUCKET, "stores.1: needs exactly one of secret, secret_file and secret_env"],
  [
    "a secret in a file that everyone may read",
    `${BUCKET}secret = "hush"`,
    "stores.1.secret: stands in a file",
  ],
  ["one that is not set", `${CONTAINER}secret_env = "NONE"`, "stores.1.secret_env: NONE is not set"],
  ["an endpoint with a user", BUCKET.replace("s3.ex", "u:hush@s3.ex"), "stores.1.endpoint: has more than"],
  [
    "a user without a project",
    CONTAINER.replace(/project.*/, ""),
    "stores.1: needs either a user and a project",
  ],
])("of such stores it refuses %s by name", (_, more, problem) => {
  const result = readSettings(text + more, around);
  const problems = result.ok ? "" : result.problems.join("\n");
  expect(problems).toContain(problem);
  expect(problems).not.toContain("hush");
});
