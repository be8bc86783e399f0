import { forgetLocation, isLocationInUse } from "../db/image-locations.ts";
import type { Config } from "../env.ts";
import { errorFields, type Log } from "../http/log.ts";
import { type ImageReader, isWritable } from "../stores/contract.ts";
import { checkpoint } from "./checkpoint.ts";
import type { Ledger, Removal } from "./ledger.ts";

const RETRY_SECONDS = { first: 2, most: 3600 };

export interface RemovalsOptions {
  readonly imageId: string;
  readonly ledger: Ledger;
  readonly stores: ReadonlyMap<string, ImageReader>;
  readonly db: D1Database;
  readonly log: Log;
  readonly config: Config;
}

/**
 * Removes the bytes that the ledger has queued, and retries until the store confirms that they are gone. It does not
 * run in turn with the transitions: a store may take its time, and an upload to a new key need not wait for it.
 */
export class Removals {
  readonly #options: RemovalsOptions;
  #running = false;

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /** A running removal sets the next alarm itself. */
  get isRunning(): boolean {
    return this.#running;
  }

  async runDue(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (const removal of this.#options.ledger.removals())
        if (removal.dueAt <= Date.now()) await this.#run(removal);
    } finally {
      this.#running = false;
    }
  }

  async #run(removal: Removal): Promise<void> {
    const { config, db, imageId, ledger, log, stores } = this.#options;
    const { location, store, tries, again } = removal;
    await checkpoint(config.checkpointUrl, "before-removal", { image: imageId });
    try {
      if (await isLocationInUse(db, location)) {
        // Two locations may name the same bytes, which are removed with the last of them.
        log.warn("bytes of an active image were queued for removal and are kept", { store });
        await forgetLocation(db, imageId, location);
        ledger.removed(location);
        return;
      }
      const holder = stores.get(store);
      if (!holder) throw new Error(`store ${store} is not configured`);
      // Bytes in a read-only store are not ours: only the location is forgotten (spec/images.md section 6).
      if (isWritable(holder)) await holder.delete(location);
      await forgetLocation(db, imageId, location);
    } catch (error) {
      const wait = Math.min(RETRY_SECONDS.first * 2 ** tries, RETRY_SECONDS.most);
      log.warn("bytes could not be removed yet", { store, tries, ...errorFields(error) });
      ledger.postpone(location, Date.now() + wait * 1000, tries + 1, again);
      return;
    }
    if (again) ledger.postpone(location, Date.now() + config.transfers.lateWriterSeconds * 1000, 0, false);
    else ledger.removed(location);
  }
}
