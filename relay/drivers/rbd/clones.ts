import { constants } from "node:os";
import { CephError } from "./ceph-error.ts";
import { type Cluster, handleFrom, isDenied } from "./cluster.ts";
import { CLONE_CHILD, type Handle, type HandleOut, listOf, must } from "./librbd.ts";
import { WRITER, watchersOf } from "./watchers.ts";

const { EBUSY, EINVAL, ENOENT } = constants.errno;

interface Child {
  readonly pool_id: bigint | number;
  readonly pool_name: string;
  readonly pool_namespace: string;
  readonly image_id: string;
  readonly image_name: string;
}

/** Stands for clones whose names this client may not read. */
const UNNAMED = "clones in a pool that the store's user may not read";

/**
 * The clones that prevent the removal of the snapshot at which the image is open: those of format 1. For a clone of
 * format 2 the parent can go to the trash (spec/stores.md section 4.3).
 */
async function bindingClones(cluster: Cluster, image: Handle): Promise<string[]> {
  const { lib } = cluster;
  const children = await listOf<Child>(
    "rbd_linked_image_spec_t",
    (array, count) => lib.rbd_list_children3(image, array, count),
    (array, count) => lib.rbd_linked_image_spec_list_cleanup(array, count),
    "rbd_list_children3",
  );
  const names: string[] = [];
  for (const child of children) if (await binds(cluster, child)) names.push(nameOf(child));
  return names.sort();
}

const binds = (cluster: Cluster, { pool_id, pool_namespace, image_id }: Child): Promise<boolean> =>
  cluster.inPool(BigInt(pool_id), pool_namespace, async (io) => {
    const { lib } = cluster;
    const out: HandleOut = [null];
    const opened = lib.rbd_open_by_id_read_only(io, image_id, out, null);
    await must("rbd_open_by_id_read_only", opened, ENOENT);
    const [clone] = out;
    // The clone was removed meanwhile.
    if (clone === null) return false;
    try {
      const features = new BigUint64Array(1);
      await must("rbd_get_op_features", lib.rbd_get_op_features(clone, features));
      return ((features[0] ?? 0n) & CLONE_CHILD) === 0n;
    } finally {
      await lib.rbd_close(clone);
    }
  });

const nameOf = ({ pool_name, pool_namespace, image_name }: Child) =>
  [pool_name, pool_namespace, image_name].filter(Boolean).join("/");

/**
 * The names of what would make a removal of the image fail: clones of its snapshot, and clients that have it open for
 * writing (spec/stores.md section 4.3).
 */
export async function dependentsOf(cluster: Cluster, name: string, snapshot?: string): Promise<string[]> {
  const writers = await at(cluster, { name }, (image) => watchersOf(cluster.lib, image));
  const clones = snapshot === undefined ? [] : await clonesOf(cluster, name, snapshot);
  return writers > 0 ? [...clones, WRITER] : clones;
}

/**
 * The names of the clones that would make a removal of the snapshot fail. If this client may not read the pools that
 * hold them, it finds out whether there are any by unprotecting the snapshot and protecting it again.
 */
async function clonesOf(cluster: Cluster, name: string, snapshot: string): Promise<string[]> {
  const { lib } = cluster;
  try {
    return await at(cluster, { name, snapshot }, (image) => bindingClones(cluster, image));
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
  const image = await handleFrom("rbd_open", (out) => lib.rbd_open(cluster.io, name, out, null));
  try {
    const tried = await lib.rbd_snap_unprotect(image, snapshot);
    if (tried === -EBUSY) return [UNNAMED];
    if (tried === 0) await must("rbd_snap_protect", lib.rbd_snap_protect(image, snapshot));
    else await must("rbd_snap_unprotect", Promise.resolve(tried), EINVAL);
    return [];
  } finally {
    await lib.rbd_close(image);
  }
}

/** The error that says why a snapshot is busy. */
export async function busyError(
  cluster: Cluster,
  call: string,
  name: string,
  snapshot: string,
): Promise<CephError> {
  const clones = await at(cluster, { name, snapshot }, (image) => bindingClones(cluster, image)).catch(() => [
    UNNAMED,
  ]);
  return new CephError(call, EBUSY, clones);
}

/** Does something with the image, or its snapshot, opened for reading. */
async function at<T>(
  { io, lib }: Cluster,
  { name, snapshot }: { readonly name: string; readonly snapshot?: string },
  work: (image: Handle) => Promise<T>,
): Promise<T> {
  const image = await handleFrom("rbd_open_read_only", (out) =>
    lib.rbd_open_read_only(io, name, out, snapshot ?? null),
  );
  try {
    return await work(image);
  } finally {
    await lib.rbd_close(image);
  }
}
