/** The nonces seen within the clock window. Full, it refuses: to forget one early would let it be replayed. */
export class Nonces {
  readonly #capacity: number;
  readonly #now: () => number;
  /** In the order of arrival, which is nearly that of expiry. */
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

  /** Stops at the first that is still live: one stamped by a fast clock delays those behind it, within the window. */
  #forgetExpired(): void {
    const now = this.#now();
    for (const [nonce, expires] of this.#expiry) {
      if (expires >= now) return;
      this.#expiry.delete(nonce);
    }
  }
}
