const POLL_MILLISECONDS = 10;
/** A request that has given no sign of life for this long is gone. */
const LAPSE_MILLISECONDS = 1_000;

interface Run<T> {
  readonly began: number;
  heard: number;
  outcome?: { readonly value: T } | { readonly error: unknown };
}

/**
 * Work that several requests need at once: one of them does it, and the others use its result. A request whose client
 * goes away just stops, without running its `finally`, and one request must not wait for another's promise. So the
 * others poll with their own timers, and one of them starts again if the first is not heard of for a while.
 */
export class SharedWork<T> {
  readonly #runs = new Map<string, Run<T>>();
  readonly #mostMilliseconds: number;

  /** Nobody uses the result of work that began so long before they came. */
  constructor(mostMilliseconds = Number.POSITIVE_INFINITY) {
    this.#mostMilliseconds = mostMilliseconds;
  }

  async once(key: string, work: () => Promise<T>): Promise<T> {
    const came = Date.now();
    for (;;) {
      const run = this.#runs.get(key);
      if (!run || hasLapsed(run) || came - run.began >= this.#mostMilliseconds) return this.#lead(key, work);
      while (!run.outcome && !hasLapsed(run))
        await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      if (!run.outcome) continue;
      if ("error" in run.outcome) throw run.outcome.error;
      return run.outcome.value;
    }
  }

  async #lead(key: string, work: () => Promise<T>): Promise<T> {
    for (const [other, run] of this.#runs) if (hasLapsed(run)) this.#runs.delete(other);
    const began = Date.now();
    const run: Run<T> = { began, heard: began };
    this.#runs.set(key, run);
    const beat = setInterval(() => {
      run.heard = Date.now();
    }, LAPSE_MILLISECONDS / 4);
    try {
      const value = await work();
      run.outcome = { value };
      return value;
    } catch (error) {
      run.outcome = { error };
      throw error;
    } finally {
      clearInterval(beat);
      if (this.#runs.get(key) === run) this.#runs.delete(key);
    }
  }
}

const hasLapsed = (run: Run<unknown>): boolean => Date.now() - run.heard > LAPSE_MILLISECONDS;
