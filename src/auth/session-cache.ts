/** How long what another isolate changed may go unnoticed. */
const KEEP_MILLISECONDS = 10_000;
const MAX_ENTRIES = 2_000;

interface Expiring {
  readonly caller: { readonly expiresAt: number };
}

/** Remembers for a few seconds what tokens turned out to be, by their SHA-256: the token itself is not kept. */
export class SessionCache<T extends Expiring> {
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();
  #epoch = 0;

  /** The value that is remembered, or else the one that `find` finds. What is not found is not remembered. */
  async get(token: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    const key = String.fromCharCode(...new Uint8Array(digest));
    const known = this.#entries.get(key);
    if (known && Date.now() < known.until) return known.value;
    const epoch = this.#epoch;
    const value = await find();
    // Found before something changed, it may be out of date by now: good for this request, not for later ones.
    if (value && epoch === this.#epoch) this.#remember(key, value);
    return value;
  }

  clear(): void {
    this.#epoch++;
    this.#entries.clear();
  }

  #remember(key: string, value: T): void {
    this.#entries.delete(key);
    if (this.#entries.size >= MAX_ENTRIES) {
      const oldest = this.#entries.keys().next().value;
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, {
      value,
      until: Math.min(Date.now() + KEEP_MILLISECONDS, value.caller.expiresAt),
    });
  }
}
