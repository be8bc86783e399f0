/**
 * Limits each step of a request separately: getting a connection, sending a piece of the body, waiting for the answer.
 * So a large body may take its time on a slow line, and a request that waits in a queue is not forgotten.
 */
export class StepClock implements Disposable {
  readonly #late = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Aborted when a step has taken too long. */
  get signal(): AbortSignal {
    return this.#late.signal;
  }

  /** Ends the previous step and begins the next. */
  begin(what: string, seconds: number): void {
    this.pause();
    if (this.#disposed) return;
    const late = () => this.#late.abort(new Error(`${what} took more than ${seconds} seconds`));
    this.#timer = setTimeout(late, seconds * 1000);
  }

  /** Stops the clock until the next step: the other side is being waited for. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.pause();
  }
}
