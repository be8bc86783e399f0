import { constants } from "node:os";
import { CephError } from "./ceph-error.ts";
import { busyError, dependentsOf } from "./clones.ts";
import { Cluster, handleFrom } from "./cluster.ts";
import {
  type Handle,
  type HandleOut,
  IMAGE_OPTION,
  LAYERING,
  type Librbd,
  listOf,
  must,
  STREAMED,
  sizeOf,
} from "./librbd.ts";
import type { Answers, ImageNumber, Order, OrderName } from "./messages.ts";
import { refuseWatched } from "./watchers.ts";

const { EBADF, EBUSY, EINVAL, EIO, ENOENT, ENOTEMPTY } = constants.errno;

/** Objects of 8 MiB, like the reference implementation's (spec/stores.md section 4.2). */
const IMAGE_ORDER = 23n;

type Result<N extends OrderName> = Promise<Answers[N]>;
type Said<N extends OrderName> = Omit<Extract<Order, { do: N }>, "do">;

interface OpenImage {
  readonly handle: Handle;
  readonly calls: Set<Promise<number>>;
}

/** Carries out the relay's orders, each in a few calls of librbd. */
export class CarryOut {
  readonly #lib: Librbd;
  readonly #open = new Map<ImageNumber, OpenImage>();
  #connected: Cluster | undefined;
  #next = 1;

  constructor(lib: Librbd) {
    this.#lib = lib;
  }

  /** `memory` holds the bytes to write, or receives those that are read. Rejects `CephError`. */
  async carryOut(order: Order, memory: Uint8Array): Promise<Answers[OrderName]> {
    switch (order.do) {
      case "connect":
        this.#connected = await Cluster.connect(this.#lib, order);
        return { fsid: this.#connected.fsid };
      case "create":
        return this.#create(order);
      case "resize":
        return this.#with(order, "rbd_resize", order.size);
      case "write":
        return this.#write(order, memory);
      case "flush":
        return this.#with(order, "rbd_flush");
      case "snapshot":
        return this.#with(order, "rbd_snap_create", order.snapshot);
      case "protect":
        return this.#with(order, "rbd_snap_protect", order.snapshot);
      case "open":
        return this.#openAt(order);
      case "read":
        return this.#read(order, memory);
      case "close":
        return this.#close(order);
      case "stat": {
        const handle = await this.#openReadOnly(order);
        return this.#closing(handle, async () => ({ size: (await this.#stat(handle)).size }));
      }
      case "list":
        return this.#list();
      case "dependents":
        return { names: await dependentsOf(this.#cluster, order.name, order.snapshot) };
      case "removeSnapshot":
        return this.#removeSnapshot(order);
      case "removeImage":
        return this.#removeImage(order);
      case "examine":
        return this.#examine();
    }
  }

  get #cluster(): Cluster {
    if (!this.#connected) throw new Error("there is no connection yet");
    return this.#connected;
  }

  /** Calls a function on an open image, which stays open until the call returns. */
  async #call(
    { image }: { readonly image: ImageNumber },
    name: "rbd_resize" | "rbd_flush" | "rbd_snap_create" | "rbd_snap_protect" | "rbd_read2" | "rbd_write2",
    ...args: readonly (string | number | Uint8Array)[]
  ): Promise<number> {
    const open = this.#open.get(image);
    if (!open) throw new CephError(name, EBADF);
    const call = must(name, this.#lib[name](open.handle, ...args));
    open.calls.add(call);
    try {
      return await call;
    } finally {
      open.calls.delete(call);
    }
  }

  async #with(
    order: { readonly image: ImageNumber },
    name: "rbd_resize" | "rbd_flush" | "rbd_snap_create" | "rbd_snap_protect",
    ...args: readonly (string | number)[]
  ): Promise<object> {
    await this.#call(order, name, ...args);
    return {};
  }

  async #close({ image }: Said<"close">): Result<"close"> {
    const open = this.#open.get(image);
    if (!open) throw new CephError("rbd_close", EBADF);
    this.#open.delete(image);
    // A call on a closed image would crash this process.
    await Promise.allSettled(open.calls);
    await must("rbd_close", this.#lib.rbd_close(open.handle));
    return {};
  }

  #remember(handle: Handle): ImageNumber {
    const image = this.#next++;
    this.#open.set(image, { handle, calls: new Set() });
    return image;
  }

  async #create({ name, size }: Said<"create">): Result<"create"> {
    const lib = this.#lib;
    const { io } = this.#cluster;
    const made: HandleOut = [null];
    await lib.rbd_image_options_create(made);
    const [options] = made;
    try {
      const set = (option: number, value: bigint) =>
        must("rbd_image_options_set_uint64", lib.rbd_image_options_set_uint64(options, option, value));
      await set(IMAGE_OPTION.order, IMAGE_ORDER);
      // The cluster's default features, whatever they are; at least layering, without which the image could not be
      // cloned.
      if (["", "0"].includes(await this.#cluster.setting("rbd_default_features")))
        await set(IMAGE_OPTION.features, LAYERING);
      await must("rbd_create4", lib.rbd_create4(io, name, size, options));
    } finally {
      await lib.rbd_image_options_destroy(options);
    }
    const handle = await handleFrom("rbd_open", (out) => lib.rbd_open(io, name, out, null));
    return { image: this.#remember(handle) };
  }

  async #write(order: Said<"write">, bytes: Uint8Array): Result<"write"> {
    const written = await this.#call(order, "rbd_write2", order.at, bytes.byteLength, bytes, STREAMED);
    if (written !== bytes.byteLength) throw new CephError("rbd_write2", EIO);
    return {};
  }

  #openReadOnly({ name, snapshot }: Said<"open">): Promise<Handle> {
    return handleFrom("rbd_open_read_only", (out) =>
      this.#lib.rbd_open_read_only(this.#cluster.io, name, out, snapshot ?? null),
    );
  }

  async #openAt(order: Said<"open">): Result<"open"> {
    const handle = await this.#openReadOnly(order);
    try {
      const { size } = await this.#stat(handle);
      return { image: this.#remember(handle), size };
    } catch (error) {
      await this.#lib.rbd_close(handle);
      throw error;
    }
  }

  async #read(order: Said<"read">, memory: Uint8Array): Result<"read"> {
    const length = await this.#call(order, "rbd_read2", order.at, memory.byteLength, memory, STREAMED);
    return { length };
  }

  async #stat(handle: Handle): Promise<{ size: number; objects: number }> {
    const info = { size: 0n, num_objs: 0n };
    await must("rbd_stat", this.#lib.rbd_stat(handle, info, sizeOf("rbd_image_info_t")));
    return { size: Number(info.size), objects: Number(info.num_objs) };
  }

  async #list(): Result<"list"> {
    const lib = this.#lib;
    const found = await listOf<{ name: string }>(
      "rbd_image_spec_t",
      (array, count) => lib.rbd_list2(this.#cluster.io, array, count),
      (array, count) => lib.rbd_image_spec_list_cleanup(array, count),
      "rbd_list2",
    );
    return { names: found.map(({ name }) => name) };
  }

  async #removeSnapshot({ name, snapshot }: Said<"removeSnapshot">): Result<"removeSnapshot"> {
    const lib = this.#lib;
    const out: HandleOut = [null];
    const opened = await must("rbd_open", lib.rbd_open(this.#cluster.io, name, out, null), ENOENT);
    const [handle] = out;
    if (opened === -ENOENT || handle === null) return { objects: 0 };
    return this.#closing(handle, async () => {
      await refuseWatched(lib, handle);
      const { objects } = await this.#stat(handle);
      const id = new BigUint64Array(1);
      if ((await must("rbd_snap_get_id", lib.rbd_snap_get_id(handle, snapshot, id), ENOENT)) === -ENOENT)
        return { objects };
      // EINVAL means that it is not protected, which is just as good.
      const steps = [
        { call: "rbd_snap_unprotect", fine: [EINVAL, ENOENT] },
        { call: "rbd_snap_remove", fine: [ENOENT] },
      ] as const;
      for (const { call, fine } of steps) {
        const done = await must(call, lib[call](handle, snapshot), ...fine, EBUSY);
        if (done === -EBUSY) throw await busyError(this.#cluster, call, name, snapshot);
      }
      return { objects };
    });
  }

  async #removeImage({ name }: Said<"removeImage">): Result<"removeImage"> {
    const { io, lib } = this.#cluster;
    // It still has snapshots; clones of format 2 may have left them (spec/stores.md section 4.3).
    const removed = await must("rbd_remove", lib.rbd_remove(io, name), ENOENT, ENOTEMPTY);
    if (removed === -ENOTEMPTY) await must("rbd_trash_move", lib.rbd_trash_move(io, name, 0), ENOENT);
    return {};
  }

  async #examine(): Result<"examine"> {
    const [major, minor, extra] = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
    await this.#lib.rbd_version(major, minor, extra);
    const librbd = [major, minor, extra].map(([number]) => number).join(".");
    const applications = await this.#cluster.applications();
    return { librbd, applications, ...(await this.#cluster.room()) };
  }

  async #closing<T>(handle: Handle, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#lib.rbd_close(handle);
    }
  }
}
