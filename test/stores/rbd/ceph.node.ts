import { execFile, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { checkpointTo } from "../../../relay/checkpoint.ts";
import type { CephOptions } from "../../../relay/drivers/rbd/ceph.ts";
import { RbdStore } from "../../../relay/drivers/rbd/rbd.ts";
import type { HashThreads } from "../../../relay/hashing/hash-threads.ts";

const run = promisify(execFile);

/** The cluster that rbd.sh has started; its file of variables is named by `CEPH_ENV`. */
const file = process.env.CEPH_ENV;
if (!file) throw new Error("CEPH_ENV names no file: run test/stores/rbd/rbd.sh");
const variables = parseEnv(readFileSync(file, "utf8"));

export const CONF = need("CEPH_CONF");
export const USER = need("CEPH_CLIENT");
export const POOL = need("RBD_POOL");
export const FSID = execFileSync("ceph", ["-c", CONF, "fsid"], { encoding: "utf8" }).trim();
const STATE = join(CONF, "..");

function need(name: string): string {
  const value = variables[name];
  if (!value) throw new Error(`${file} does not say ${name}`);
  return value;
}

/** A command of the cluster's administrator: what it printed. */
export async function admin(command: "rbd" | "ceph", ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, ["-c", CONF, ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Every image of the pool, with its snapshots, and what is in its trash. */
export async function listing(): Promise<string[]> {
  const [images, trash] = await Promise.all([
    admin("rbd", "ls", "-l", POOL, "--format", "json"),
    admin("rbd", "trash", "ls", POOL, "--format", "json"),
  ]);
  const named = (JSON.parse(images) as { image: string; snapshot?: string }[]).map(
    ({ image, snapshot }) => `${image}@${snapshot ?? ""}`,
  );
  return [...named, ...(JSON.parse(trash) as { name: string }[]).map(({ name }) => `trash/${name}`)].sort();
}

export const pidOf = (daemon: "mon" | "osd"): number =>
  Number(readFileSync(join(STATE, "run", `${daemon}.pid`), "utf8"));

/** Makes a user who may do what is said; its key is where the cluster's settings look for it. */
export async function userWith(name: string, ...capabilities: readonly string[]): Promise<void> {
  const key = await admin("ceph", "auth", "get-or-create", `client.${name}`, ...capabilities);
  const keyring = join(STATE, `keyring.client.${name}`);
  writeFileSync(keyring, key, { mode: 0o600 });
}

export const openRbd = (threads: HashThreads, more: Partial<CephOptions> = {}): Promise<RbdStore> =>
  RbdStore.open({
    fsid: FSID,
    pool: POOL,
    conf: CONF,
    user: USER,
    timeoutSeconds: 10,
    log: { warn: () => {} },
    threads,
    checkpoint: checkpointTo(undefined),
    ...more,
  });
