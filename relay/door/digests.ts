import { setTimeout as wait } from "node:timers/promises";
import { ServiceError } from "../../src/domain/errors.ts";
import type { DigestProgress, ImageStore, Location } from "../../src/stores/contract.ts";
import { pump } from "../../src/stores/pump.ts";
import type { HashThreads } from "../hashing/hash-threads.ts";

/** The algorithms that Node supports, of those the edge may ask for. */
export const DIGEST_ALGOS = ["md5", "sha1", "sha256", "sha384", "sha512"] as const;

const BLOCK_BYTES = 1024 * 1024;
/** How long an answer waits for the digest to finish, so that few requests are needed. */
const WAIT_MILLISECONDS = 5000;

interface Job {
  hashed: number;
  readonly ended: Promise<DigestProgress>;
  readonly stop: AbortController;
  readonly idle: NodeJS.Timeout;
}

export interface DigestsOptions {
  readonly threads: HashThreads;
  /** A digest that nobody has asked for in this time is given up, or forgotten. */
  readonly idleSeconds: number;
}

/**
 * Digests of blobs, computed for the edge. Nothing survives this process: after a restart the first request begins
 * again. A digest that nobody asks for any more leaves nothing behind.
 */
export class Digests {
  readonly #options: DigestsOptions;
  readonly #jobs = new Map<string, Job>();

  constructor(options: DigestsOptions) {
    this.#options = options;
  }

  /** The digests, or how many bytes are hashed so far. A failure is reported once; the next request begins again. */
  async ask(
    store: ImageStore,
    blob: { store: string; location: Location; algo: string },
  ): Promise<DigestProgress> {
    const name = `${blob.store} ${blob.location} ${blob.algo}`;
    const job = this.#jobs.get(name) ?? this.#begin(name, store, blob);
    job.idle.refresh();
    const pause = new AbortController();
    const late = wait(WAIT_MILLISECONDS, undefined, { signal: pause.signal, ref: false }).then(
      () => ({ hashed: job.hashed }),
      () => ({ hashed: job.hashed }),
    );
    try {
      return await Promise.race([job.ended, late]);
    } catch (error) {
      this.#end(name, job);
      throw error;
    } finally {
      pause.abort();
    }
  }

  close(): void {
    for (const [name, job] of this.#jobs) this.#end(name, job);
  }

  #begin(name: string, store: ImageStore, { location, algo }: { location: Location; algo: string }): Job {
    const stop = new AbortController();
    const job: Job = {
      hashed: 0,
      stop,
      ended: this.#read(store, { location, algo }, stop.signal, (bytes) => {
        job.hashed = bytes;
      }),
      idle: setTimeout(() => this.#end(name, job), this.#options.idleSeconds * 1000).unref(),
    };
    job.ended.catch(() => undefined);
    this.#jobs.set(name, job);
    return job;
  }

  #end(name: string, job: Job): void {
    clearTimeout(job.idle);
    job.stop.abort(new ServiceError("gone", "Nobody asks for this digest any more."));
    if (this.#jobs.get(name) === job) this.#jobs.delete(name);
  }

  async #read(
    store: ImageStore,
    { location, algo }: { location: Location; algo: string },
    signal: AbortSignal,
    progress: (bytes: number) => void,
  ): Promise<DigestProgress> {
    const { size, body } = await store.get(location, undefined, signal);
    const [md5, strong] = this.#options.threads.open(["md5", algo]);
    if (!md5 || !strong) throw new Error("there are no threads");
    const block = new SharedArrayBuffer(BLOCK_BYTES);
    let hashed = 0;
    try {
      await pump(body, { size, signal }, async (chunk) => {
        for (let at = 0; at < chunk.byteLength; at += BLOCK_BYTES) {
          const piece = chunk.subarray(at, at + BLOCK_BYTES);
          new Uint8Array(block).set(piece);
          await Promise.all([md5, strong].map((digest) => digest.update(block, piece.byteLength)));
          hashed += piece.byteLength;
          progress(hashed);
        }
      });
      const [checksum, value] = await Promise.all([md5.finish(), strong.finish()]);
      return { size, checksum, value };
    } finally {
      md5.close();
      strong.close();
    }
  }
}
