/** Made anew it costs tens of milliseconds; kept while nobody uses it, tens of MiB. */
const IDLE_MILLISECONDS = 1000;

/** Lets go of what was kept for the next to use, when none has come for a second. */
export class WhenIdle {
  readonly #letGo: () => unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(letGo: () => unknown) {
    this.#letGo = letGo;
  }

  /** From now on. Said again, the second begins again. */
  idle(): void {
    this.busy();
    this.#timer = setTimeout(this.#letGo, IDLE_MILLISECONDS).unref();
  }

  busy(): void {
    clearTimeout(this.#timer);
  }
}
