import { beginTask, endTask, failTasks, insertTask } from "../db/tasks.ts";
import type { ImageColumns, Standing, Transition, TransitionFields } from "../db/transitions.ts";
import { type Refusal, refuse, ServiceError } from "../domain/errors.ts";
import { isForbiddenLocation, isHttpLocation } from "../domain/location-url.ts";
import type { ImageEvent } from "../domain/status.ts";
import type { Config } from "../env.ts";
import { errorFields, type Log } from "../http/log.ts";
import type { ImageReader } from "../stores/contract.ts";
import { ownerOf } from "../stores/open.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Digests, hashOn } from "./hash-run.ts";
import type { Hashing, ImportLedger, KeptJob, WantedLocation } from "./import-ledger.ts";
import { locationQuota } from "./location-quota.ts";
import { isDigestAlgo } from "./resumable-digest.ts";

export interface LocationImportsOptions {
  readonly imageId: string;
  readonly ledger: ImportLedger;
  readonly stores: ReadonlyMap<string, ImageReader>;
  readonly db: D1Database;
  readonly log: Log;
  readonly config: Config;
  /** Makes a transition, in turn with all others. */
  readonly move: (event: ImageEvent, fields: TransitionFields) => Promise<Refusal | undefined>;
  readonly checkpoint: (point: Checkpoint) => Promise<void>;
}

const RETRY_SECONDS = { first: 2, most: 300 };
const NO_DATA: ImageColumns = {
  size: null,
  virtual_size: null,
  checksum: null,
  os_hash_algo: null,
  os_hash_value: null,
};

/**
 * The work of `POST …/locations` (spec/locations.md section 2.1), one step in each alarm: the location is checked and
 * recorded, then its bytes are hashed. It does not run in turn with the transitions, because reading takes time. Its
 * result is a transition, which ends the task in the same batch.
 */
export class LocationImports {
  readonly #options: LocationImportsOptions;
  #running = false;
  #stop = new AbortController();

  constructor(options: LocationImportsOptions) {
    this.#options = options;
  }

  /** Milliseconds since the epoch; undefined if there is nothing to do. */
  get dueAt(): number | undefined {
    return this.#options.ledger.job()?.dueAt;
  }

  /** A running step sets the next alarm itself. */
  get isRunning(): boolean {
    return this.#running;
  }

  forget(): void {
    this.#options.ledger.forget();
  }

  /** Accepts the work, in turn with the transitions. `conflict` while another import is running. */
  async begin(wanted: WantedLocation): Promise<Refusal | undefined> {
    const { db, imageId, ledger } = this.#options;
    if (!ledger.begin({ ...wanted, phase: "resolve", dueAt: Date.now(), failures: 0 }))
      return refuse("conflict", `Image ${imageId} is being given a location already.`);
    try {
      await insertTask(db, wanted.task);
      return undefined;
    } catch (error) {
      ledger.end(wanted.task.id);
      throw error;
    }
  }

  /** Applies a transition's consequences to the job, in the same transaction that clears the intent. */
  concluded({ event, task }: Transition, moved: boolean): void {
    const { ledger } = this.#options;
    if (event === "delete" && moved) {
      this.#stop.abort(new Error("the image was deleted"));
      ledger.end();
    }
    const job = ledger.job();
    if (!moved || !task || job?.task.id !== task.id) return;
    if (task.status === "processing") ledger.advance(job, { phase: "hash", dueAt: Date.now(), failures: 0 });
    else ledger.end(task.id);
  }

  /**
   * Ends tasks that nobody works on, because this object has forgotten them. Returns what must happen to an image that
   * is `importing`.
   */
  async endLost(standing: Standing | undefined): Promise<TransitionFields | undefined> {
    const { db, imageId, ledger } = this.#options;
    if (ledger.job()) return undefined;
    await failTasks(db, imageId, "The service has lost this task.", Date.now() * 1000);
    return standing?.status === "importing" ? { columns: NO_DATA, locations: { forget: true } } : undefined;
  }

  async runDue(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#stop = new AbortController();
    try {
      // Checking a location is quick, so hashing starts in the same alarm.
      const job = await this.#stepDue();
      if (job?.phase === "resolve") await this.#stepDue();
    } finally {
      this.#running = false;
    }
  }

  async #stepDue(): Promise<KeptJob | undefined> {
    const job = this.#options.ledger.job();
    if (!job || job.dueAt > Date.now()) return undefined;
    const { signal } = this.#stop;
    try {
      if (job.phase === "resolve") await this.#resolve(job);
      else if (job.phase === "hash") await this.#hash(job);
      else await this.#endFailed(job);
    } catch (error) {
      if (!signal.aborted) await this.#failedAttempt(error);
    }
    return job;
  }

  /** Checks the location and records it: the image becomes `importing` or `active`, or everything stays as it was. */
  async #resolve(job: KeptJob): Promise<void> {
    const { config, db, imageId, ledger, move, stores } = this.#options;
    const { claimed, mostUploading, task, url } = job;
    await beginTask(db, task, Date.now() * 1000);
    const store = isForbiddenLocation(url) ? undefined : ownerOf(config.stores, url)?.id;
    const reader = store === undefined ? undefined : stores.get(store);
    if (store === undefined || !reader)
      return this.#fail(job, "The location's URL is of no store that takes locations.");
    const { size } = await reader.stat(url);
    const secure = config.locations.doSecureHash;
    const algo = claimed?.algo ?? config.transfers.hashAlgo;
    const hashing = isDigestAlgo(algo) ? { store, size, algo, done: 0 } : undefined;
    const prepared = ledger.advance(job, secure && hashing ? { hashing } : {});
    if (!prepared) return;
    const verifies = secure && claimed !== undefined;
    const changes = {
      locations: { add: [{ url, store, metadata: { store } }] },
      columns: { size, ...(verifies ? {} : recordedHash(secure, algo, claimed?.value)) },
    };
    const refusal = await move(verifies ? "beginImport" : "addLocation", {
      ...changes,
      ...(await locationQuota(config, db, imageId, changes, verifies ? mostUploading : null)),
      task: { id: task.id, status: secure ? "processing" : "success" },
    });
    if (refusal) this.#fail(prepared, refusal.message);
  }

  /** Continues hashing; when everything is read, records the result. */
  async #hash(job: KeptJob): Promise<void> {
    const { checkpoint, config, ledger, stores } = this.#options;
    const { hashing, url } = job;
    const store = hashing && stores.get(hashing.store);
    if (!hashing || !store) throw new ServiceError("unavailable", "The location's store is not configured.");
    let kept = job;
    const digests = await hashOn({
      store,
      url,
      hashing,
      sliceBytes: config.locations.sliceBytes,
      runSeconds: config.locations.runSeconds,
      signal: this.#stop.signal,
      keep: async (now) => {
        const next = ledger.advance(kept, { hashing: now, dueAt: Date.now(), failures: 0 });
        if (next) kept = next;
        await checkpoint("after-slice");
        return next !== undefined && !this.#stop.signal.aborted;
      },
    });
    if (digests && !this.#stop.signal.aborted) await this.#conclude(kept, hashing, digests);
  }

  async #conclude(job: KeptJob, { algo }: Hashing, { checksum, value }: Digests): Promise<void> {
    const { move } = this.#options;
    const { claimed } = job;
    const success = { id: job.task.id, status: "success" } as const;
    const hash = { checksum, os_hash_algo: algo, os_hash_value: value };
    if (claimed && claimed.value !== value)
      return this.#giveUp(job, "The data of the location do not have the hash that was given.", {
        stays: isHttpLocation(job.url),
      });
    const event = claimed ? "finishImport" : "recordHash";
    const refusal = await move(event, { columns: hash, task: success });
    if (refusal) await this.#giveUp(job, refusal.message);
  }

  /** If the bytes could not be read, this is retried for a while; if they cannot be read at all, it is not. */
  async #failedAttempt(error: unknown): Promise<void> {
    const { config, ledger, log } = this.#options;
    const job = ledger.job();
    if (!job) return;
    const { failures, phase } = job;
    log.warn("a location could not be read", { phase, failures, ...errorFields(error) });
    const isRefusal = error instanceof ServiceError && !error.retryable;
    // Only the task has yet to be updated, which will succeed sooner or later.
    if (phase === "failed" || (!isRefusal && failures < config.locations.hashRetries)) {
      const wait = Math.min(RETRY_SECONDS.first * 2 ** failures, RETRY_SECONDS.most);
      ledger.advance(job, { failures: failures + 1, dueAt: Date.now() + wait * 1000 });
      return;
    }
    const reason = error instanceof ServiceError ? error.message : "The service has erred.";
    if (phase === "hash") await this.#giveUp(job, reason);
    else this.#fail(job, reason);
  }

  /** A failed verification leaves nothing but its location, and that only if the caller is to see it. */
  async #giveUp(job: KeptJob, message: string, { stays = false } = {}): Promise<void> {
    if (!job.claimed) return this.#fail(job, message);
    const refusal = await this.#options.move("failImport", {
      columns: NO_DATA,
      locations: { forget: !stays },
      task: { id: job.task.id, status: "failure", message },
    });
    if (refusal) this.#fail(job, message);
  }

  /** The image is in its final state; the task has yet to be updated. */
  #fail(job: KeptJob, message: string): void {
    this.#options.ledger.advance(job, { phase: "failed", message, dueAt: Date.now(), failures: 0 });
  }

  async #endFailed({ message = "", task }: KeptJob): Promise<void> {
    await endTask(this.#options.db, { id: task.id, status: "failure", message }, Date.now() * 1000);
    this.#options.ledger.end(task.id);
  }
}

/** The hash in the record before the bytes are read: the algorithm, or the caller's claim. */
function recordedHash(secure: boolean, algo: string, claimed: string | undefined): ImageColumns {
  if (secure) return { os_hash_algo: algo };
  return claimed === undefined ? {} : { os_hash_algo: algo, os_hash_value: claimed };
}
