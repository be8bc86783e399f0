import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ServiceError } from "../../src/domain/errors.ts";
import { WhenIdle } from "../when-idle.ts";

const THREAD = new URL("hash-thread.ts", import.meta.url);

type Distribute<T> = T extends unknown ? T & { readonly ticket: number; readonly digest: number } : never;

/** A message to a thread. Blocks are shared memory, so that nothing is copied. */
export type HashOrder = Distribute<
  | { readonly do: "open"; readonly algo: string }
  | { readonly do: "update"; readonly block: SharedArrayBuffer; readonly length: number }
  | { readonly do: "finish" }
  | { readonly do: "drop" }
>;

export interface HashAnswer {
  readonly ticket: number;
  readonly value?: string;
}

type Request = HashOrder extends infer O ? (O extends unknown ? Omit<O, "ticket"> : never) : never;

interface Waiting {
  resolve(answer: HashAnswer): void;
  reject(error: unknown): void;
}

/** A running thread, and the callers that wait for its answers. */
interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** One thread. It starts when it is first needed, and again after it has died or was ended for being idle. */
class HashThread {
  /** The number of its digests. A new one goes to the thread with the fewest. */
  load = 0;
  #running: Running | undefined;
  #ticket = 0;
  /** An idle thread still takes 9 MiB. */
  readonly #unused = new WhenIdle(() => this.stop());

  hold(): void {
    this.load++;
    this.#unused.busy();
  }

  ask(request: Request): Promise<HashAnswer> {
    this.#running ??= this.#start();
    const { worker, waiting } = this.#running;
    const ticket = this.#ticket++;
    return new Promise((resolve, reject) => {
      waiting.set(ticket, { resolve, reject });
      worker.postMessage({ ...request, ticket });
    });
  }

  /** Only where it runs: with a thread that has died its digests are gone. */
  drop(digest: number): void {
    if (this.#running) this.ask({ do: "drop", digest }).catch(() => {});
    if (--this.load === 0) this.#unused.idle();
  }

  async stop(): Promise<void> {
    const ended = this.#running;
    this.#running = undefined;
    await ended?.worker.terminate();
  }

  #start(): Running {
    const worker = new Worker(THREAD, {
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    });
    const running: Running = { worker, waiting: new Map() };
    const { waiting } = running;
    worker.on("message", (answer: HashAnswer) => {
      waiting.get(answer.ticket)?.resolve(answer);
      waiting.delete(answer.ticket);
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      if (this.#running === running) this.#running = undefined;
      const lost = new ServiceError("unavailable", "The image data could not be hashed.", { cause });
      for (const { reject } of waiting.values()) reject(lost);
      waiting.clear();
    });
    return running;
  }
}

/** A digest that a thread computes. Orders are carried out in the order in which they are given. */
export class Digest {
  readonly #thread: HashThread;
  readonly #digest: number;
  readonly #opened: Promise<unknown>;

  constructor(thread: HashThread, digest: number, algo: string) {
    this.#thread = thread;
    this.#digest = digest;
    thread.hold();
    this.#opened = thread.ask({ do: "open", digest, algo });
    this.#opened.catch(() => {});
  }

  /** Resolves when the block may be overwritten. */
  async update(block: SharedArrayBuffer, length: number): Promise<void> {
    await this.#thread.ask({ do: "update", digest: this.#digest, block, length });
  }

  async finish(): Promise<string> {
    await this.#opened;
    const { value } = await this.#thread.ask({ do: "finish", digest: this.#digest });
    // The thread died meanwhile, and the new one does not have this digest.
    if (value === undefined) throw new ServiceError("unavailable", "The image data could not be hashed.");
    return value;
  }

  /** Ends it in any case, finished or not. */
  close(): void {
    this.#thread.drop(this.#digest);
  }
}

/** As many threads as the machine can run in parallel, at least two: MD5 and SHA of one upload run side by side. */
export class HashThreads {
  readonly #threads = Array.from(
    { length: Math.max(2, Math.min(8, availableParallelism())) },
    () => new HashThread(),
  );
  #next = 0;

  /** One digest for each algorithm, on different threads. */
  open(algos: readonly string[]): Digest[] {
    const idlest = this.#threads.toSorted((a, b) => a.load - b.load);
    return algos.map((algo, i) => new Digest(idlest[i % idlest.length] as HashThread, this.#next++, algo));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}
