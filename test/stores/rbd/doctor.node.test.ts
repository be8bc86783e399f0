import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineStores } from "../../../relay/doctor/doctor.ts";
import { admin, CONF, FSID, listing, POOL, pidOf, USER, userWith } from "./ceph.node.ts";

const MAIN = fileURLToPath(new URL("../../../relay/main.ts", import.meta.url));
const good = {
  id: "ceph",
  type: "rbd",
  fsid: FSID,
  pool: POOL,
  conf: CONF,
  user: USER,
  timeout_seconds: 3,
} as const;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "glimpse-doctor-"));
  await admin("ceph", "osd", "pool", "create", "bare", "8");
  await userWith("all-pools", "mon", "profile rbd", "osd", "profile rbd");
  await userWith("reader", "mon", "profile rbd", "osd", "profile rbd-read-only");
  await userWith("nowhere", "mon", "profile rbd", "osd", "profile rbd pool=elsewhere");
  const text = await readFile(CONF, "utf8");
  await writeFile(
    join(dir, "no-monitor.conf"),
    text.replace(/^mon host = .*$/m, "mon host = v2:127.0.0.1:1"),
  );
  const another = await admin("ceph", "auth", "print-key", "client.reader");
  await writeFile(join(dir, "keyring"), `[client.${USER}]\n\tkey = ${another}\n`);
  await writeFile(
    join(dir, "wrong-key.conf"),
    text.replace(/^keyring = .*$/m, `keyring = ${join(dir, "keyring")}`),
  );
});

afterAll(() => rm(dir, { recursive: true }));

async function examined(settings: Partial<typeof good> | object) {
  const lines: string[] = [];
  const well = await examineStores([{ ...good, ...settings }], (line) => lines.push(line));
  return { well, lines: lines.join("\n") };
}

test("a store that has all it needs is well, and nothing is left of the trial", async () => {
  const before = await listing();
  const { lines, well } = await examined({});
  expect(lines).toContain(FSID);
  expect([well, lines]).toEqual([true, expect.not.stringContaining("FAIL")]);
  expect(await listing()).toEqual(before);
});

test.each<[string, () => object, RegExp]>([
  ["settings of Ceph that are not there", () => ({ conf: join(dir, "none") }), /name another file as conf/],
  ["no monitor", () => ({ conf: join(dir, "no-monitor.conf") }), /No monitor answers in time/],
  ["no key", () => ({ user: "nobody" }), /ceph auth get client\.nobody/],
  ["a wrong key", () => ({ conf: join(dir, "wrong-key.conf") }), /The key is not the cluster's/],
  ["another cluster", () => ({ fsid: randomUUID() }), new RegExp(`set fsid = "${FSID}"`)],
  ["no pool", () => ({ pool: "none" }), /ceph osd pool create none/],
  ["a pool that is not for RBD", () => ({ pool: "bare", user: "all-pools" }), /rbd pool init bare/],
  [
    "a user that may only read",
    () => ({ user: "reader" }),
    /cannot make an image[\s\S]*ceph auth caps client\.reader/,
  ],
  [
    "a user of another pool",
    () => ({ user: "nowhere" }),
    /cannot list images[\s\S]*ceph auth caps client\.nowhere/,
  ],
])("%s is found, with its remedy", async (_what, settings, remedy) => {
  const { lines, well } = await examined(settings());
  expect([well, lines]).toEqual([false, expect.stringMatching(remedy)]);
  expect(lines).not.toContain("may be left");
});

test("a cluster that hangs is found in time", async () => {
  const osd = pidOf("osd");
  process.kill(osd, "SIGSTOP");
  try {
    const { lines } = await examined({ timeout_seconds: 2 });
    expect(lines).toMatch(/cannot list images[\s\S]*all placement groups are active/);
  } finally {
    process.kill(osd, "SIGCONT");
  }
});

/** Runs the relay where librbd is not to be seen. */
async function withoutLibrbd(...args: readonly string[]) {
  const settings = join(dir, "relay.toml");
  const stores = `[[stores]]\nid = "ceph"\ntype = "rbd"\nfsid = "${FSID}"\nconf = "${CONF}"\n`;
  const key = `[[keys]]\nid = "k"\nsecret = "a secret that only tests use, 0123456789"\n`;
  await writeFile(settings, `listen = { port = 0 }\n${key}${stores}`, { mode: 0o600 });
  const hide = `mount --bind /dev/null "$(ldconfig -p | sed -n 's/.*librbd.so.1 .*=> //p' | xargs readlink -f)"`;
  const command = `${hide} && exec "$0" "$@"`;
  const run = ["-m", "sh", "-c", command, process.execPath, MAIN, ...args, "--config", settings];
  return promisify(execFile)("unshare", run).catch(
    (error) => error as { code: number; stdout: string; stderr: string },
  );
}

test("without librbd the doctor and the relay say what to install", async () => {
  expect(await withoutLibrbd("doctor")).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/FAIL ceph[\s\S]*apt-get install librbd1/),
  });
  expect(await withoutLibrbd()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/The relay cannot start: .*librbd1/),
  });
});
