/** Recreating the memory and threads costs tens of milliseconds; keeping them unused costs tens of MiB. */
const IDLE_MILLISECONDS = 1000;

/** Releases what was kept for the next use if there has been none for a second. */
export class WhenIdle {
  readonly #letGo: () => unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(letGo: () => unknown) {
    this.#letGo = letGo;
  }

  /** Starts the second; called again, starts it again. */
  idle(): void {
    this.busy();
    this.#timer = setTimeout(this.#letGo, IDLE_MILLISECONDS).unref();
  }

  busy(): void {
    clearTimeout(this.#timer);
  }
}
