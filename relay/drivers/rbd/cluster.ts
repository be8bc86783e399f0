import { constants } from "node:os";
import { CephError } from "./ceph-error.ts";
import { type Handle, type HandleOut, type Librbd, must, textIn } from "./librbd.ts";
import type { ClusterSettings } from "./messages.ts";

const { EACCES, EPERM } = constants.errno;

/** A connection to a cluster, and one of its pools. */
export class Cluster {
  readonly lib: Librbd;
  readonly io: Handle;
  readonly fsid: string;
  readonly #rados: Handle;

  private constructor(lib: Librbd, rados: Handle, io: Handle, fsid: string) {
    this.lib = lib;
    this.#rados = rados;
    this.io = io;
    this.fsid = fsid;
  }

  static async connect(lib: Librbd, { conf, user, pool, timeoutSeconds }: ClusterSettings): Promise<Cluster> {
    const rados = await handleFrom("rados_create2", (out) =>
      lib.rados_create2(out, "ceph", `client.${user}`, 0),
    );
    await must("rados_conf_read_file", lib.rados_conf_read_file(rados, conf));
    const settings = {
      rados_osd_op_timeout: timeoutSeconds,
      rados_mon_op_timeout: timeoutSeconds,
      client_mount_timeout: timeoutSeconds,
      // Blocks are written whole and read once, so a cache does not help. It would also hold data that a hanging
      // cluster never takes.
      rbd_cache: false,
    };
    for (const [name, value] of Object.entries(settings))
      await must("rados_conf_set", lib.rados_conf_set(rados, name, String(value)));
    await must("rados_connect", lib.rados_connect(rados));
    const fsid = Buffer.alloc(64);
    await must("rados_cluster_fsid", lib.rados_cluster_fsid(rados, fsid, fsid.byteLength));
    const io = await handleFrom("rados_ioctx_create", (out) => lib.rados_ioctx_create(rados, pool, out));
    // With this, a full pool fails a write instead of keeping it waiting for space, and allows removals.
    await lib.rados_set_pool_full_try(io);
    return new Cluster(lib, rados, io, textIn(fsid));
  }

  /** Empty for a setting that does not exist. */
  async setting(name: string): Promise<string> {
    const value = Buffer.alloc(1024);
    const found = await this.lib.rados_conf_get(this.#rados, name, value, value.byteLength);
    return found < 0 ? "" : textIn(value);
  }

  /** Does something in another pool, given by its number. */
  async inPool<T>(poolId: bigint, namespace: string, work: (io: Handle) => Promise<T>): Promise<T> {
    const { lib } = this;
    const io = await handleFrom("rados_ioctx_create2", (out) =>
      lib.rados_ioctx_create2(this.#rados, poolId, out),
    );
    try {
      await lib.rados_ioctx_set_namespace(io, namespace);
      return await work(io);
    } finally {
      await lib.rados_ioctx_destroy(io);
    }
  }

  async room(): Promise<{ kilobytes: number; kilobytesFree: number }> {
    const found = { kb: 0n, kb_avail: 0n };
    await must("rados_cluster_stat", this.lib.rados_cluster_stat(this.#rados, found));
    return { kilobytes: Number(found.kb), kilobytesFree: Number(found.kb_avail) };
  }

  async applications(): Promise<string[]> {
    const length = new BigUint64Array([4096n]);
    const names = Buffer.alloc(Number(length[0]));
    await must("rados_application_list", this.lib.rados_application_list(this.io, names, length));
    return names.toString("utf8").split("\0").filter(Boolean);
  }
}

/** The handle that a function creates. */
export async function handleFrom(
  name: keyof Librbd,
  make: (out: HandleOut) => Promise<number>,
): Promise<Handle> {
  const out: HandleOut = [null];
  await must(name, make(out));
  if (out[0] === null) throw new Error(`${name} gave no handle`);
  return out[0];
}

/** Whether this client lacks the permission, whatever the state of things. */
export const isDenied = (error: unknown): boolean =>
  error instanceof CephError && (error.errno === EPERM || error.errno === EACCES);
