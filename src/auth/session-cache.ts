import { digestOf, Remembered } from "./remembered.ts";

/** How long a change made by another isolate may go unnoticed. */
const KEEP_MILLISECONDS = 10_000;
const MAX_ENTRIES = 2_000;

interface Expiring {
  readonly caller: { readonly expiresAt: number };
}

/** Caches the sessions of tokens for a few seconds. */
export class SessionCache<T extends Expiring> {
  readonly #found = new Remembered<T>(MAX_ENTRIES);
  #epoch = 0;

  /** The cached value, or the one that `find` finds. If nothing is found, nothing is cached. */
  async get(token: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = await digestOf(token);
    const known = this.#found.get(key);
    if (known) return known;
    const epoch = this.#epoch;
    const value = await find();
    // Something changed while it was being found, so it may be out of date: good for this request, not for later ones.
    if (value && epoch === this.#epoch)
      this.#found.put(key, value, Math.min(Date.now() + KEEP_MILLISECONDS, value.caller.expiresAt));
    return value;
  }

  clear(): void {
    this.#epoch++;
    this.#found.clear();
  }
}
