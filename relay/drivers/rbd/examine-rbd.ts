import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import type { Examination, Finding } from "../../../src/stores/examine.ts";
import { RBD_SNAPSHOT } from "../../../src/stores/rbd-location.ts";
import type { RelayStoreSettings } from "../../settings.ts";
import { CephError } from "./ceph-error.ts";
import { CephProcess, LibrbdMissing } from "./ceph-process.ts";
import type { Answers, Order } from "./messages.ts";

type RbdSettings = Extract<RelayStoreSettings, { type: "rbd" }>;

const { EACCES, EEXIST, EINVAL, ENOENT, EPERM, ETIMEDOUT } = constants.errno;
const GiB = 1024 ** 3;
const SCRATCH = Buffer.from("written by glimpse-relay doctor");

/** Tries everything that the store needs of its cluster, with an image of an unused name, which is removed again. */
export async function* examineRbd(settings: RbdSettings): Examination {
  const process = await CephProcess.start(settings.timeout_seconds);
  try {
    yield* examinedBy(process, settings);
  } finally {
    await process.close();
  }
}

async function* examinedBy(process: CephProcess, settings: RbdSettings): Examination {
  const { conf, fsid, pool, timeout_seconds: timeoutSeconds, user } = settings;
  const missing = await failureOf(process.loaded);
  if (missing) return yield notLoaded(missing);
  let found = "";
  const unreached = await failureOf(
    process.ask({ do: "connect", conf, user, pool, timeoutSeconds }).then((answer) => {
      found = answer.fsid;
    }),
  );
  if (unreached) return yield wrong("the cluster cannot be used", unreached, settings);
  yield { ok: true, what: `the cluster answers to client.${user}, and has a pool ${pool}` };
  if (found !== fsid)
    return yield {
      ok: false,
      what: `the cluster's fsid is ${found}, and the settings say ${fsid}`,
      remedy: `If it is the right cluster, set fsid = "${found}" here and in the settings of the worker; else correct conf.`,
    };
  yield { ok: true, what: `its fsid is ${found}` };
  try {
    yield* examinedPool(await process.ask({ do: "examine" }), pool);
  } catch (error) {
    yield wrong(`the pool ${pool} cannot be looked at`, causeOf(error), settings);
  }
  if (settings.read_only) return yield { ok: true, what: "it is only read, and so nothing is tried with it" };
  yield* scratchImage(process, settings);
}

async function* examinedPool(found: Answers["examine"], pool: string): Examination {
  const { applications, kilobytes, kilobytesFree, librbd } = found;
  yield { ok: true, what: `librbd is ${librbd}; ${roomIn(kilobytesFree * 1024, kilobytes * 1024)}` };
  if (applications.includes("rbd")) yield { ok: true, what: `the pool ${pool} is initialised for RBD` };
  else
    yield {
      ok: false,
      what: `the pool ${pool} is not initialised for RBD`,
      remedy: `Run: rbd pool init ${pool}`,
    };
}

const roomIn = (free: number, all: number) =>
  `${Math.floor(free / GiB)} GiB of ${Math.floor(all / GiB)} are free before copies are made`;

/** The whole life of an image, step by step. */
async function* scratchImage(process: CephProcess, settings: RbdSettings): Examination {
  const name = `glimpse-doctor-${randomUUID()}`;
  const snapshot = RBD_SNAPSHOT;
  let image = 0;
  const read = Buffer.alloc(SCRATCH.byteLength);
  const steps: readonly (readonly [what: string, order: () => Order, bytes?: Uint8Array])[] = [
    ["list images", () => ({ do: "list" })],
    ["make an image", () => ({ do: "create", name, size: SCRATCH.byteLength })],
    ["write to it", () => ({ do: "write", image, at: 0 }), SCRATCH],
    ["flush it", () => ({ do: "flush", image })],
    ["make a snapshot of it", () => ({ do: "snapshot", image, snapshot })],
    ["protect the snapshot", () => ({ do: "protect", image, snapshot })],
    ["close it", () => ({ do: "close", image })],
    ["open the snapshot", () => ({ do: "open", name, snapshot })],
    ["read it", () => ({ do: "read", image, at: 0 }), read],
    ["close the snapshot", () => ({ do: "close", image })],
    ["ask for clones of it", () => ({ do: "dependents", name, snapshot })],
    ["remove the snapshot", () => ({ do: "removeSnapshot", name, snapshot })],
    ["remove the image", () => ({ do: "removeImage", name })],
  ];
  for (const [what, order, bytes] of steps) {
    const failure = await failureOf(
      process.ask(order(), bytes).then((answer) => {
        if ("image" in answer) image = answer.image;
        if (what === "read it" && !SCRATCH.equals(read)) throw new Error("other bytes came back");
      }),
    );
    if (!failure) continue;
    yield wrong(`client.${settings.user} cannot ${what}`, failure, settings);
    if (image > 0 || what === "make an image") yield* leftover(process, name);
    return;
  }
  yield { ok: true, what: "an image can be written, snapshot, protected, read and removed" };
}

async function* leftover(process: CephProcess, name: string): Examination {
  const removed = process
    .ask({ do: "removeSnapshot", name, snapshot: RBD_SNAPSHOT })
    .then(() => process.ask({ do: "removeImage", name }));
  if (!(await failureOf(removed))) return;
  const unseen = await failureOf(process.ask({ do: "stat", name }));
  if (unseen instanceof CephError && unseen.errno === ENOENT) return;
  yield {
    ok: false,
    what: `the image ${name} may be left in the pool`,
    remedy: "Remove it with the rbd command.",
  };
}

async function failureOf(work: Promise<unknown>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return causeOf(error);
  }
}

/** Ceph's own error. */
function causeOf(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}

function notLoaded(failure: Error): Finding {
  return {
    ok: false,
    what: failure.message,
    remedy:
      failure instanceof LibrbdMissing
        ? "Install them: apt-get install librbd1 (Debian, Ubuntu), or dnf install librbd1."
        : "See that this Node can start other processes.",
  };
}

const wrong = (what: string, failure: Error, settings: RbdSettings): Finding => ({
  ok: false,
  what: `${what}: ${failure.message}`,
  remedy: remedyFor(failure, settings),
});

function remedyFor(failure: Error, { conf, pool, user }: RbdSettings): string {
  const capabilities = `mon 'profile rbd' osd 'profile rbd pool=${pool}' mgr 'profile rbd pool=${pool}'`;
  if (!(failure instanceof CephError)) return "See whether the cluster is well: ceph -s";
  const { call, errno } = failure;
  if (errno === ETIMEDOUT)
    return call === "rados_connect"
      ? `No monitor answers in time: see mon_host in ${conf}, and that ports 3300 and 6789 can be reached.`
      : "The cluster does not answer in time: see whether all placement groups are active (ceph -s).";
  if (call === "rados_conf_read_file")
    return `See that ${conf} is there and can be read, or name another file as conf.`;
  if (call === "rados_connect" && (errno === ENOENT || errno === EINVAL))
    return `There is no key: put what \`ceph auth get client.${user}\` prints into /etc/ceph/ceph.client.${user}.keyring, readable for the relay.`;
  if (call === "rados_connect" && (errno === EACCES || errno === EPERM))
    return `The key is not the cluster's, or there is no such user: ceph auth get-or-create client.${user} ${capabilities}`;
  if (call === "rados_ioctx_create" && errno === ENOENT)
    return `There is no such pool: ceph osd pool create ${pool} && rbd pool init ${pool}`;
  if (errno === EACCES || errno === EPERM) return `It may not: ceph auth caps client.${user} ${capabilities}`;
  if (errno === EEXIST || errno === EINVAL)
    return "See the cluster's rbd_default_features, and its versions: ceph versions";
  return "See whether the cluster is well, and has room: ceph -s, ceph df";
}
