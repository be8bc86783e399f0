import { ServiceError } from "../domain/errors.ts";
import { RESERVATION_BYTES } from "../limits.ts";

/** Asks to be allowed this many bytes in all. Resolves to the number that is allowed, which never falls. */
export type AskForBytes = (bytes: number) => Promise<number>;

/**
 * What an upload of unknown length may write, in growing steps. The next step is requested when half of the last one is
 * used, so that the writer usually does not wait. It waits if the answer has not come yet, and stops if there is no
 * more.
 */
export class Allowance {
  readonly #ask: AskForBytes;
  #granted: number;
  #lastStep: number;
  #nextStep = RESERVATION_BYTES.first * 2;
  #moved = 0;
  #asking: Promise<void> | undefined;

  constructor(granted: number, ask: AskForBytes) {
    this.#ask = ask;
    this.#granted = granted;
    this.#lastStep = granted;
  }

  /** Must be called before each piece is passed on, which may happen once this resolves. Rejects `tooLarge`. */
  async admit(bytes: number): Promise<void> {
    this.#moved += bytes;
    // If the last answer allowed no more, the next request is made only when it is needed.
    if (this.#lastStep > 0 && this.#moved > this.#granted - this.#lastStep / 2)
      this.#askForMore().catch(() => undefined);
    while (this.#moved > this.#granted) {
      const before = this.#granted;
      await this.#askForMore();
      if (this.#granted <= before)
        throw new ServiceError("tooLarge", "The project's quota has no room for the rest of the image data.");
    }
  }

  #askForMore(): Promise<void> {
    this.#asking ??= this.#extend().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #extend(): Promise<void> {
    const wanted = Math.max(this.#granted, this.#moved) + this.#nextStep;
    const granted = await this.#ask(wanted);
    this.#lastStep = Math.max(0, granted - this.#granted);
    this.#granted += this.#lastStep;
    if (granted >= wanted) this.#nextStep = Math.min(this.#nextStep * 2, RESERVATION_BYTES.most);
  }
}
