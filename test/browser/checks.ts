/** A line a check, and the counts for the ring's closing line, as test/support/check.sh has them. */
export class Checks {
  #passed = 0;
  #failed = 0;

  /** Whatever `holds` rejects with is why it does not. */
  readonly check = async (sentence: string, holds: () => Promise<void> | void): Promise<void> => {
    try {
      await holds();
      this.#passed++;
      console.log(`ok   ${sentence}`);
    } catch (error) {
      this.#failed++;
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      console.log(`FAIL ${sentence}\n     ${why.split("\n").slice(0, 20).join("\n     ")}`);
    }
  };

  /** Prints the closing line, and says whether all went well. */
  close(ring: string): boolean {
    console.log(`${ring}: ${this.#passed} passed, ${this.#failed} failed, 0 skipped`);
    return this.#failed === 0 && this.#passed > 0;
  }
}
