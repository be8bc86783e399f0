/** Recreating the memory and threads costs tens of milliseconds; keeping them unused costs tens of MiB. */
const IDLE_MILLISECONDS = 300;
/** What was used together goes within this time, and is collected together. */
const TOGETHER_MILLISECONDS = 100;

let isCollecting = false;

/**
 * V8 frees memory that it was given only when it collects the old generation, which shows and lists hardly ever make it do.
 * Takes some 10 ms. `gc` is there by a flag of glimpse-relay's.
 */
function collectSoon(): void {
  if (isCollecting) return;
  isCollecting = true;
  setTimeout(() => {
    isCollecting = false;
    void globalThis.gc?.({ type: "major", execution: "async" });
  }, TOGETHER_MILLISECONDS).unref();
}

/** Releases what was kept for the next use if there has been none for a while. */
export class WhenIdle {
  readonly #letGo: () => unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(letGo: () => unknown) {
    this.#letGo = letGo;
  }

  /** Starts the time; called again, starts it again. */
  idle(): void {
    this.busy();
    this.#timer = setTimeout(() => {
      this.#letGo();
      collectSoon();
    }, IDLE_MILLISECONDS).unref();
  }

  busy(): void {
    clearTimeout(this.#timer);
  }
}
