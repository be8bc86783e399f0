/**
 * All functions of Ceph's C libraries that are called, and nothing else. Declared as in rados/librados.h and
 * rbd/librbd.h of librados 3.0.0 and librbd 1.16.0 (Ceph 16.2.15, Debian 12: librados-dev, librbd-dev). Handles, which
 * the headers name rados_t, rados_ioctx_t, rbd_image_t and rbd_image_options_t, are `void *` there too. A wrong
 * declaration writes to wrong memory, so these are loaded in a process of their own (child.ts).
 */
import koffi from "koffi";
import { CephError } from "./ceph-error.ts";

/** koffi runs a native function on a stack of its own. librbd's calls go deeper than koffi's default of 128 KiB. */
const STACK_BYTES = 2 * 1024 * 1024;

const RADOS = [
  "int rados_create2(_Out_ void **cluster, const char *clustername, const char *name, uint64_t flags)",
  "int rados_conf_read_file(void *cluster, const char *path)",
  "int rados_conf_set(void *cluster, const char *option, const char *value)",
  "int rados_conf_get(void *cluster, const char *option, char *buf, size_t len)",
  "int rados_connect(void *cluster)",
  "int rados_cluster_fsid(void *cluster, char *buf, size_t len)",
  "int rados_cluster_stat(void *cluster, _Out_ rados_cluster_stat_t *result)",
  "int rados_ioctx_create(void *cluster, const char *pool_name, _Out_ void **ioctx)",
  "int rados_ioctx_create2(void *cluster, int64_t pool_id, _Out_ void **ioctx)",
  "void rados_ioctx_destroy(void *io)",
  "void rados_set_pool_full_try(void *io)",
  "void rados_ioctx_set_namespace(void *io, const char *nspace)",
  "int rados_application_list(void *io, char *values, size_t *values_len)",
] as const;

const RBD = [
  "void rbd_version(int *major, int *minor, int *extra)",
  "void rbd_image_options_create(_Out_ void **opts)",
  "void rbd_image_options_destroy(void *opts)",
  "int rbd_image_options_set_uint64(void *opts, int optname, uint64_t optval)",
  "int rbd_list2(void *io, rbd_image_spec_t *images, size_t *max_images)",
  "void rbd_image_spec_list_cleanup(rbd_image_spec_t *images, size_t num_images)",
  "int rbd_create4(void *io, const char *name, uint64_t size, void *opts)",
  "int rbd_open(void *io, const char *name, _Out_ void **image, const char *snap_name)",
  "int rbd_open_read_only(void *io, const char *name, _Out_ void **image, const char *snap_name)",
  "int rbd_open_by_id_read_only(void *io, const char *id, _Out_ void **image, const char *snap_name)",
  "int rbd_close(void *image)",
  "int rbd_stat(void *image, _Out_ rbd_image_info_t *info, size_t infosize)",
  "int rbd_get_op_features(void *image, uint64_t *op_features)",
  "int rbd_resize(void *image, uint64_t size)",
  // Returns ssize_t, for which koffi has no name.
  "int64_t rbd_read2(void *image, uint64_t ofs, size_t len, char *buf, int op_flags)",
  "int64_t rbd_write2(void *image, uint64_t ofs, size_t len, const char *buf, int op_flags)",
  "int rbd_flush(void *image)",
  "int rbd_snap_get_id(void *image, const char *snapname, uint64_t *snap_id)",
  "int rbd_snap_create(void *image, const char *snapname)",
  "int rbd_snap_remove(void *image, const char *snapname)",
  "int rbd_snap_protect(void *image, const char *snap_name)",
  "int rbd_snap_unprotect(void *image, const char *snap_name)",
  "int rbd_list_children3(void *image, rbd_linked_image_spec_t *images, size_t *max_images)",
  "void rbd_linked_image_spec_list_cleanup(rbd_linked_image_spec_t *images, size_t num_images)",
  "int rbd_watchers_list(void *image, rbd_image_watcher_t *watchers, size_t *max_watchers)",
  "void rbd_watchers_list_cleanup(rbd_image_watcher_t *watchers, size_t num_watchers)",
  "int rbd_remove(void *io, const char *name)",
  "int rbd_trash_move(void *io, const char *name, uint64_t delay)",
] as const;

/** `rbd_image_options_set_uint64` takes these (the nameless enum before `rbd_image_options_create`). */
export const IMAGE_OPTION = { features: 1, order: 2 } as const;
/** RBD_FEATURE_LAYERING of rbd/features.h. */
export const LAYERING = 1n;
/** RBD_OPERATION_FEATURE_CLONE_CHILD of rbd/features.h: a clone of format 2, which does not hold its parent's snapshot. */
export const CLONE_CHILD = 2n;
/** LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL | LIBRADOS_OP_FLAG_FADVISE_NOCACHE of rados/librados.h. */
export const STREAMED = 0x10 | 0x40;

const STRUCTS = {
  rados_cluster_stat_t: {
    kb: "uint64_t",
    kb_used: "uint64_t",
    kb_avail: "uint64_t",
    num_objects: "uint64_t",
  },
  rbd_image_spec_t: { id: "char *", name: "char *" },
  rbd_linked_image_spec_t: {
    pool_id: "int64_t",
    pool_name: "char *",
    pool_namespace: "char *",
    image_id: "char *",
    image_name: "char *",
    trash: "bool",
  },
  rbd_image_watcher_t: { addr: "char *", id: "int64_t", cookie: "uint64_t" },
  rbd_image_info_t: {
    size: "uint64_t",
    obj_size: "uint64_t",
    num_objs: "uint64_t",
    order: "int",
    // RBD_MAX_BLOCK_NAME_SIZE and RBD_MAX_IMAGE_NAME_SIZE; all three are deprecated.
    block_name_prefix: koffi.array("char", 24),
    parent_pool: "int64_t",
    parent_name: koffi.array("char", 96),
  },
} as const;

type StructName = keyof typeof STRUCTS;
export type Handle = bigint;
/** Receives the handle that a function creates. */
export type HandleOut = [Handle | null];
type Argument =
  | Handle
  | number
  | string
  | null
  | Uint8Array
  | BigUint64Array
  | Int32Array
  | HandleOut
  | Record<string, unknown>;

type NameIn<D extends string> = D extends `${string} ${infer Rest}(${string}` ? NameIn<Rest> : D;
type DeclaredName<D extends string> = D extends `${infer Before}(${string}` ? NameIn<`${Before}`> : never;
type LastWord<D extends string> = D extends `${string} ${infer Rest}` ? LastWord<Rest> : D;
type FunctionName<D extends string> = LastWord<DeclaredName<D>>;
type Functions<D extends string> = {
  readonly [N in FunctionName<D>]: (...args: readonly Argument[]) => Promise<number>;
};

/** The functions of both libraries. Each runs on a thread of libuv's pool and resolves to its return value. */
export type Librbd = Functions<(typeof RADOS)[number]> & Functions<(typeof RBD)[number]>;

/** Loads both libraries. Throws, naming the file, if one is not installed. */
export function loadLibrbd(): Librbd {
  koffi.config({ async_stack_size: STACK_BYTES });
  for (const [name, members] of Object.entries(STRUCTS)) koffi.struct(name, members);
  const functions: Record<string, (...args: readonly Argument[]) => Promise<number>> = {};
  for (const [file, declarations] of [
    ["librados.so.2", RADOS],
    ["librbd.so.1", RBD],
  ] as const) {
    const library = koffi.load(file);
    for (const declaration of declarations) {
      const native = library.func(declaration);
      functions[native.info.name] = (...args) =>
        new Promise((resolve, reject) =>
          native.async(...args, (error: unknown, result: unknown) =>
            error ? reject(error) : resolve(Number(result ?? 0)),
          ),
        );
    }
  }
  return functions as unknown as Librbd;
}

/** What a function returned, unless that is an error. Errors that mean something to the caller may be let through. */
export async function must(
  name: keyof Librbd,
  outcome: Promise<number>,
  ...expected: readonly number[]
): Promise<number> {
  const result = await outcome;
  if (result < 0 && !expected.includes(-result)) throw new CephError(name, -result);
  return result;
}

/** The structs that a function wrote into an array. Their strings are copied, and freed by `cleanup`. */
export async function listOf<T>(
  struct: StructName,
  fill: (array: Uint8Array, count: BigUint64Array) => Promise<number>,
  cleanup: (array: Uint8Array, count: number) => Promise<number>,
  name: keyof Librbd,
): Promise<T[]> {
  const ERANGE = 34;
  const count = new BigUint64Array(1);
  for (let room = 64; ; room = Number(count[0])) {
    count[0] = BigInt(room);
    const array = Buffer.alloc(room * koffi.sizeof(struct));
    if ((await must(name, fill(array, count), ERANGE)) === -ERANGE) continue;
    const filled = Number(count[0]);
    if (filled === 0) return [];
    const entries = koffi.decode(array, struct, filled) as T[];
    await cleanup(array, filled);
    return entries;
  }
}

/** The text that a function wrote into a buffer. */
export const textIn = (buffer: Buffer): string => {
  const end = buffer.indexOf(0);
  return buffer.toString("utf8", 0, end === -1 ? buffer.byteLength : end);
};

export const sizeOf = (struct: StructName): number => koffi.sizeof(struct);
