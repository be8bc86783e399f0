import { digestOf, Remembered } from "./remembered.ts";

/** How long what another isolate changed may go unnoticed. */
const KEEP_MILLISECONDS = 10_000;
const MAX_ENTRIES = 2_000;

interface Expiring {
  readonly caller: { readonly expiresAt: number };
}

/** Remembers for a few seconds what tokens turned out to be. */
export class SessionCache<T extends Expiring> {
  readonly #found = new Remembered<T>(MAX_ENTRIES);
  #epoch = 0;

  /** The value that is remembered, or else the one that `find` finds. What is not found is not remembered. */
  async get(token: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = await digestOf(token);
    const known = this.#found.get(key);
    if (known) return known;
    const epoch = this.#epoch;
    const value = await find();
    // Found before something changed, it may be out of date by now: good for this request, not for later ones.
    if (value && epoch === this.#epoch)
      this.#found.put(key, value, Math.min(Date.now() + KEEP_MILLISECONDS, value.caller.expiresAt));
    return value;
  }

  clear(): void {
    this.#epoch++;
    this.#found.clear();
  }
}
