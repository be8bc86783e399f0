/**
 * Bounds each step of a request for itself: to have a connection, to be rid of a piece of the body, to hear an answer. A
 * large body over a slow line takes its time, and a request that waits in a queue is not forgotten there.
 */
export class StepClock implements Disposable {
  readonly #late = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Aborted when a step has taken too long. */
  get signal(): AbortSignal {
    return this.#late.signal;
  }

  /** A step begins, and the one before it has ended. */
  begin(what: string, seconds: number): void {
    this.pause();
    if (this.#disposed) return;
    const late = () => this.#late.abort(new Error(`${what} took more than ${seconds} seconds`));
    this.#timer = setTimeout(late, seconds * 1000);
  }

  /** Until the next step it is somebody else who is waited for. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.pause();
  }
}
