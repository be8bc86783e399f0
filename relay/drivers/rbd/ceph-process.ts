import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { ServiceError } from "../../../src/domain/errors.ts";
import { CephError, EBLOCKLISTED, refusalOf } from "./ceph-error.ts";
import { Lanes } from "./lanes.ts";
import type { Answers, Asked, Order, OrderName, Told } from "./messages.ts";
import { type Message, MessageReader, sendMessage } from "./wire.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/** More than the calls that the lanes let run at once. */
const POOL_THREADS = 16;
/** What an operation may take beyond what Ceph's libraries give it: it is of several steps, each with their limit. */
const STEPS = 4;
const LEEWAY_SECONDS = 5;
/** Objects that a removal gets through in a second, on the slowest of clusters. */
const OBJECTS_PER_SECOND = 20;
/** A process that takes longer to load Ceph's libraries will not. */
const LOAD_SECONDS = 20;
const CLOSE_SECONDS = 2;

export interface Reply<N extends OrderName> {
  readonly answer: Answers[N];
  readonly bytes: Uint8Array;
}

interface Waiting {
  resolve(told: Message<Told>): void;
  reject(error: unknown): void;
}

/** That one of Ceph's libraries is not there, or that the process which loads it cannot run. */
export class LibrbdMissing extends Error {
  override readonly name = "LibrbdMissing";

  constructor(why: string) {
    super(
      `a store of type rbd needs Ceph's libraries, which cannot be loaded (Debian has them as librbd1): ${why}`,
    );
  }
}

/** A child process (child.ts) as long as it lives. What it does not answer in time is the end of it. */
export class CephProcess {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lanes = new Lanes();
  readonly #timeoutSeconds: number;
  readonly loaded: Promise<void>;
  #ticket = 0;
  #why: Error | undefined;

  constructor(timeoutSeconds: number) {
    this.#timeoutSeconds = timeoutSeconds;
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD], {
      stdio: ["ignore", "inherit", "inherit", "pipe"],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(POOL_THREADS) },
    });
    this.#socket = this.#child.stdio[3] as Socket;
    this.loaded = this.#load();
    this.loaded.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isDead(): boolean {
    return this.#why !== undefined;
  }

  /** Rejects `ServiceError`, `unavailable` where the process ends before it has answered. */
  async ask<O extends Order>(order: O, bytes?: Uint8Array): Promise<Reply<O["do"]>> {
    return this.#lanes.run(order.do, async () => {
      const message = await this.#exchange(order, bytes);
      const told = message.head as Exclude<Told, { loaded: boolean }>;
      if ("answer" in told) return { answer: told.answer as Answers[O["do"]], bytes: message.bytes };
      // The cluster lets this client in no more, and a new process is a new client.
      if (told.errno === EBLOCKLISTED) this.kill(new Error("the cluster has shut this client out"));
      throw refusalOf(new CephError(told.call, told.errno, told.inTheWay));
    });
  }

  /** Ends it at once, and with it all that waits for it. */
  kill(why: Error): void {
    if (this.#why) return;
    this.#why = why;
    this.#child.kill("SIGKILL");
    this.#socket.destroy();
    for (const { reject } of this.#waiting.values()) reject(lost(why));
    this.#waiting.clear();
  }

  /** What is idle is nothing that the cluster would have to wait for. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#socket.end();
    const timer = setTimeout(() => this.kill(new Error("it did not end")), CLOSE_SECONDS * 1000);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    clearTimeout(timer);
    this.kill(new Error("the store was closed"));
  }

  async #load(): Promise<void> {
    const first = new Promise<Message<Told>>((resolve, reject) =>
      this.#waiting.set(this.#ticket++, { resolve, reject }),
    );
    const reader = new MessageReader<Told>();
    this.#socket.on("data", (chunk: Buffer) => {
      for (const message of reader.push(chunk)) this.#hear(message);
    });
    this.#socket.on("error", () => {});
    this.#child.once("error", (error) => this.kill(error));
    this.#child.once("exit", (code, signal) => this.kill(new Error(`it ended with ${signal ?? code}`)));
    const timer = setTimeout(() => this.kill(new Error("it did not start in time")), LOAD_SECONDS * 1000);
    try {
      const { head } = await first;
      if ("loaded" in head && !head.loaded) throw new LibrbdMissing(head.why);
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(message: Message<Told>): void {
    const ticket = "ticket" in message.head ? message.head.ticket : 0;
    this.#waiting.get(ticket)?.resolve(message);
    this.#waiting.delete(ticket);
  }

  async #exchange(order: Order, bytes: Uint8Array | undefined): Promise<Message<Told>> {
    if (this.#why) throw lost(this.#why);
    const ticket = this.#ticket++;
    const limit = this.#limitSeconds(order);
    const timer = setTimeout(
      () => this.kill(new Error(`it took longer than ${limit} s to ${order.do}`)),
      limit * 1000,
    );
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(ticket, { resolve, reject });
        sendMessage(this.#socket, { ticket, order } satisfies Asked, bytes);
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
