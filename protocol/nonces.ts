/**
 * The nonces seen within the clock window. When it is full it refuses new ones: a nonce forgotten too early could be
 * replayed.
 */
export class Nonces {
  readonly #capacity: number;
  readonly #now: () => number;
  /** In order of arrival, which is nearly the order of expiry. */
  readonly #expiry = new Map<string, number>();

  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  remember(nonce: string, expires: number): boolean {
    if (this.#expiry.has(nonce)) return false;
    this.#forgetExpired();
    if (this.#expiry.size >= this.#capacity) return false;
    this.#expiry.set(nonce, expires);
    return true;
  }

  /**
   * Stops at the first nonce that has not expired: one stamped by a fast clock delays those behind it, but only within
   * the window.
   */
  #forgetExpired(): void {
    const now = this.#now();
    for (const [nonce, expires] of this.#expiry) {
      if (expires >= now) return;
      this.#expiry.delete(nonce);
    }
  }
}
