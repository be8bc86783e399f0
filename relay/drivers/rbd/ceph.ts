import type { Logger } from "pino";
import { ServiceError } from "../../../src/domain/errors.ts";
import { CephProcess, LibrbdMissing } from "./ceph-process.ts";
import type { Answers, ClusterSettings, Order } from "./messages.ts";

export interface CephOptions extends ClusterSettings {
  /** The fsid that the cluster must report. */
  readonly fsid: string;
  readonly log: Pick<Logger, "warn">;
  /** For tests: called with each order before it is sent. */
  readonly observe?: (order: Order, process: CephProcess) => void;
}

/** Provides a connected process, and starts a new one when the last has ended. */
export class Ceph {
  readonly #options: CephOptions;
  #current: Promise<CephProcess> | undefined;
  #closed = false;

  constructor(options: CephOptions) {
    this.#options = options;
  }

  /** Rejects `unavailable` while the cluster cannot be reached, or is not the configured one. */
  async process(): Promise<CephProcess> {
    if (this.#closed) throw new ServiceError("unavailable", "The store is being closed.");
    const current = this.#current ?? this.#connect();
    this.#current = current;
    const process = await current;
    if (!process.isDead) return process;
    // Another caller that noticed may have started the next one already.
    if (this.#current === current) this.#current = undefined;
    return this.process();
  }

  async ask<O extends Order>(order: O, bytes?: Uint8Array): Promise<Answers[O["do"]]> {
    return this.askOf(await this.process(), order, bytes);
  }

  /** An order for an open image goes to the process that opened it. */
  askOf<O extends Order>(process: CephProcess, order: O, bytes?: Uint8Array): Promise<Answers[O["do"]]> {
    this.#options.observe?.(order, process);
    return process.ask(order, bytes);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#current?.catch(() => undefined))?.close();
  }

  #connect(): Promise<CephProcess> {
    const connecting = this.#open().catch((error) => {
      if (this.#current === connecting) this.#current = undefined;
      throw error;
    });
    return connecting;
  }

  async #open(): Promise<CephProcess> {
    const { conf, fsid, log, pool, timeoutSeconds, user } = this.#options;
    let process: CephProcess | undefined;
    try {
      process = await CephProcess.start(timeoutSeconds);
      await process.loaded;
      const order = { do: "connect", conf, user, pool, timeoutSeconds } as const;
      const found = await this.askOf(process, order);
      if (found.fsid === fsid) return process;
      throw new WrongCluster(found.fsid, fsid);
    } catch (error) {
      await process?.close();
      // Ceph's own message, rather than its meaning for an image.
      const cause = error instanceof ServiceError ? (error.cause ?? error) : error;
      log.warn({ err: cause, pool }, "the cluster cannot be used");
      if (error instanceof LibrbdMissing || error instanceof WrongCluster) throw error;
      throw new ServiceError("unavailable", "The store's cluster does not answer as it should.", { cause });
    }
  }
}

/** The cluster that answers is not the one in the settings: its images are not at this store's locations. */
export class WrongCluster extends ServiceError {
  constructor(found: string, configured: string) {
    super("unavailable", "The store's cluster is not the one that is configured.", {
      cause: new Error(`the cluster's fsid is ${found}, and the settings say ${configured}`),
    });
  }
}
