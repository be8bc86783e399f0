import { ServiceError } from "../../../src/domain/errors.ts";
import type { BlobKey } from "../../../src/stores/contract.ts";
import { RBD_SNAPSHOT, type RbdPlace } from "../../../src/stores/rbd-location.ts";
import type { Ceph } from "./ceph.ts";
import type { CephProcess } from "./ceph-process.ts";
import type { Answers, ImageNumber, Order } from "./messages.ts";

/** An image that a child process has open. Once that process has ended, every call rejects `unavailable`. */
export class OpenImage {
  readonly size: number;
  readonly #ceph: Ceph;
  readonly #process: CephProcess;
  readonly #image: ImageNumber;
  readonly #asked = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;
  #wasCutOff = false;

  private constructor(ceph: Ceph, process: CephProcess, image: ImageNumber, size: number) {
    this.#ceph = ceph;
    this.#process = process;
    this.#image = image;
    this.size = size;
  }

  /** Creates an image to write to. Rejects `conflict` if there is one of that name. */
  static async create(ceph: Ceph, name: BlobKey, size: number): Promise<OpenImage> {
    const process = await ceph.process();
    const { image } = await ceph.askOf(process, { do: "create", name, size });
    return new OpenImage(ceph, process, image, size);
  }

  /** Opens an image to read from. Rejects `notFound`. */
  static async open(ceph: Ceph, { image: name, snapshot }: RbdPlace): Promise<OpenImage> {
    const process = await ceph.process();
    const order = { do: "open", name, ...(snapshot === undefined ? {} : { snapshot }) } as const;
    const { image, size } = await ceph.askOf(process, order);
    return new OpenImage(ceph, process, image, size);
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    await this.#ask({ do: "write", image: this.#image, at }, bytes);
  }

  /** Fills `bytes`. After a failure they may still be written to, for a moment. */
  async read(at: number, bytes: Uint8Array): Promise<void> {
    const { length } = await this.#ask({ do: "read", image: this.#image, at }, bytes);
    if (length !== bytes.byteLength)
      throw new ServiceError("unavailable", "The image data became shorter while it was read.");
  }

  async resize(size: number): Promise<void> {
    await this.#ask({ do: "resize", image: this.#image, size });
  }

  async flush(): Promise<void> {
    await this.#ask({ do: "flush", image: this.#image });
  }

  /** From here on every reader finds the image. */
  async publish(): Promise<void> {
    const what = { image: this.#image, snapshot: RBD_SNAPSHOT };
    await this.#ask({ do: "snapshot", ...what });
    await this.#ask({ do: "protect", ...what });
    await this.close();
  }

  /** Whether the cluster failed to answer: then the lock on an image that was written could not be released. */
  get wasCutOff(): boolean {
    return this.#wasCutOff;
  }

  /** Kills the process that has it open: while that lives, the image may stay locked and watched. */
  abandon(): void {
    this.#process.kill(new Error("an image could not be written to its end"));
  }

  /**
   * Closes the image once all pending orders have been answered, some of which may not have been sent yet. Safe to call
   * twice.
   */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#asked)
      .then(() => this.#ask({ do: "close", image: this.#image }))
      .then(() => {});
    return this.#closed;
  }

  async #ask<O extends Order>(order: O, bytes?: Uint8Array): Promise<Answers[O["do"]]> {
    const asked = this.#ceph.askOf(this.#process, order, bytes);
    this.#asked.add(asked);
    try {
      return await asked;
    } catch (error) {
      if (error instanceof ServiceError && error.kind === "unavailable") this.#wasCutOff = true;
      throw error;
    } finally {
      this.#asked.delete(asked);
    }
  }
}
