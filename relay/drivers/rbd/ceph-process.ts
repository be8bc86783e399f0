import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ServiceError } from "../../../src/domain/errors.ts";
import { CephError, EBLOCKLISTED, refusalOf } from "./ceph-error.ts";
import { Lanes } from "./lanes.ts";
import type { AnswerMessage, Answers, Order, OrderMessage } from "./messages.ts";
import { SharedMemory } from "./shared-memory.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/** More than the number of calls that the lanes let run at once. */
const POOL_THREADS = 16;
/** An order may take this many times the limit of one operation: it consists of several, each with its own limit. */
const STEPS = 4;
const LEEWAY_SECONDS = 5;
/** How many objects a removal handles per second, on the slowest of clusters. */
const OBJECTS_PER_SECOND = 20;
/** A process that takes longer than this to load Ceph's libraries never will. */
const LOAD_SECONDS = 20;
const CLOSE_SECONDS = 2;
const NOTHING: Uint8Array = new Uint8Array();

type Answer = Exclude<AnswerMessage, { loaded: boolean }>;

interface Waiting {
  resolve(told: AnswerMessage): void;
  reject(error: unknown): void;
}

/** One of Ceph's libraries is not installed, or the process that loads it cannot run. */
export class LibrbdMissing extends Error {
  override readonly name = "LibrbdMissing";

  constructor(why: string) {
    super(
      `a store of type rbd needs Ceph's libraries, which cannot be loaded (Debian has them as librbd1): ${why}`,
    );
  }
}

/** One child process (child.ts), until it ends. If it does not answer in time, it is killed. */
export class CephProcess {
  readonly #child: ChildProcess;
  readonly #memory: SharedMemory;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lanes = new Lanes();
  readonly #timeoutSeconds: number;
  readonly loaded: Promise<void>;
  #ticket = 0;
  #why: Error | undefined;

  private constructor(timeoutSeconds: number, memory: SharedMemory) {
    this.#timeoutSeconds = timeoutSeconds;
    this.#memory = memory;
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD], {
      stdio: ["ignore", "inherit", "inherit", "ipc", memory.fd],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(POOL_THREADS) },
    });
    this.loaded = this.#load();
    this.loaded.catch(() => {});
  }

  static async start(timeoutSeconds: number): Promise<CephProcess> {
    const memory = await SharedMemory.open();
    try {
      return new CephProcess(timeoutSeconds, memory);
    } catch (error) {
      await memory.close();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isDead(): boolean {
    return this.#why !== undefined;
  }

  /**
   * `bytes` are written from, or read into. Rejects `ServiceError`; `unavailable` if the process ends before it has
   * answered, in which case a read may still write into `bytes` for a moment.
   */
  async ask<O extends Order>(order: O, bytes = NOTHING): Promise<Answers[O["do"]]> {
    return this.#lanes.run(order.do, async () => {
      const length = bytes.byteLength;
      if (length === 0) return this.#answer({ order });
      const slot = this.#memory.take();
      try {
        if (order.do === "write") await this.#memory.write(slot, bytes);
        const answer = await this.#answer<O>({ order, memory: { slot, length } });
        if ("length" in answer) await this.#memory.read(slot, bytes.subarray(0, answer.length));
        return answer;
      } catch (error) {
        // The memory is closed with the process, or the system has no room for it.
        throw error instanceof ServiceError ? error : lost(this.#why ?? (error as Error));
      } finally {
        this.#memory.give(slot);
      }
    });
  }

  async #answer<O extends Order>(
    asked: Omit<OrderMessage, "ticket"> & { readonly order: O },
  ): Promise<Answers[O["do"]]> {
    const told = await this.#exchange(asked);
    if ("answer" in told) return told.answer as Answers[O["do"]];
    // The cluster no longer accepts this client; a new process is a new client.
    if (told.errno === EBLOCKLISTED) this.kill(new Error("the cluster has shut this client out"));
    throw refusalOf(new CephError(told.call, told.errno, told.inTheWay));
  }

  /** Ends the process at once. Everything that waits for it fails. */
  kill(why: Error): void {
    if (this.#why) return;
    this.#why = why;
    this.#child.kill("SIGKILL");
    // Reads and writes of that memory that have begun are finished first.
    void this.#memory.close();
    for (const { reject } of this.#waiting.values()) reject(lost(why));
    this.#waiting.clear();
  }

  /** An idle process holds nothing that the cluster would have to wait for. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.kill(new Error("it did not end")), CLOSE_SECONDS * 1000);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    clearTimeout(timer);
    this.kill(new Error("the store was closed"));
  }

  async #load(): Promise<void> {
    const first = new Promise<AnswerMessage>((resolve, reject) =>
      this.#waiting.set(this.#ticket++, { resolve, reject }),
    );
    this.#child.on("message", (told: AnswerMessage) => this.#hear(told));
    this.#child.once("error", (error) => this.kill(error));
    this.#child.once("exit", (code, signal) => this.kill(new Error(`it ended with ${signal ?? code}`)));
    const timer = setTimeout(() => this.kill(new Error("it did not start in time")), LOAD_SECONDS * 1000);
    try {
      const told = await first;
      if ("loaded" in told && !told.loaded) throw new LibrbdMissing(told.why);
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(told: AnswerMessage): void {
    const ticket = "ticket" in told ? told.ticket : 0;
    this.#waiting.get(ticket)?.resolve(told);
    this.#waiting.delete(ticket);
  }

  async #exchange(asked: Omit<OrderMessage, "ticket">): Promise<Answer> {
    if (this.#why) throw lost(this.#why);
    const ticket = this.#ticket++;
    const { order } = asked;
    const limit = this.#limitSeconds(order);
    const timer = setTimeout(
      () => this.kill(new Error(`it took longer than ${limit} s to ${order.do}`)),
      limit * 1000,
    );
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(ticket, {
          resolve: (told) => resolve(told as Answer),
          reject,
        });
        // A message that cannot be sent any more fails when the process's end is noticed.
        this.#child.send({ ...asked, ticket } satisfies OrderMessage, () => {});
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #limitSeconds(order: Order): number {
    const steps = this.#timeoutSeconds * STEPS + LEEWAY_SECONDS;
    return order.do === "removeImage" ? steps + (order.objects ?? 0) / OBJECTS_PER_SECOND : steps;
  }
}

const lost = (cause: Error) =>
  new ServiceError("unavailable", "The store's cluster does not answer as it should.", { cause });
