/** Fewer bytes than this within the time limit count as none: a connection is not held for a trickle. */
export const PACE_BYTES = 64 * 1024;

/**
 * Watches a byte count, and calls `stalled` when it has hardly risen for `seconds`. Infinity: everything has arrived.
 */
export class Pace implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(count: () => number, seconds: number, stalled: () => void) {
    let last = count();
    this.#timer = setInterval(() => {
      const now = count();
      if (now < Number.POSITIVE_INFINITY && now - last < PACE_BYTES) stalled();
      last = now;
    }, seconds * 1000);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
