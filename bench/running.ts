const running = new Set<Running>();

/** What a bench starts and must not leave behind: ended by `await using`, or by `endAll` when the bench is interrupted. */
export abstract class Running implements AsyncDisposable {
  #starting: Promise<unknown> = Promise.resolve();
  #ended: Promise<void> | undefined;

  constructor() {
    running.add(this);
  }

  /** Stops it, and removes what it kept. What did not start whole is ended too. */
  protected abstract end(): Promise<void>;

  /** Resolves with it when it has started; what cannot is ended. */
  protected async started(starting: Promise<unknown>): Promise<this> {
    this.#starting = starting;
    try {
      await starting;
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    // Who is interrupted while it starts would end what is not there yet.
    await this.#starting.catch(() => {});
    await this.end().finally(() => running.delete(this));
  }
}

/** Ends whatever runs; what was started last is the first, for it may need the others. */
export async function endAll(): Promise<void> {
  for (const each of [...running].reverse())
    await each[Symbol.asyncDispose]().catch((error) => process.stderr.write(`${error}\n`));
}
