/** Questions that are longer are not kept: a filter may be as long as a URL. */
const MOST_CHARACTERS = 8_192;

interface Copy<T> {
  readonly found: T;
  readonly weight: number;
}

export interface CopiesOptions<T> {
  /** Of all copies together. */
  readonly mostWeight: number;
  /** Of one: `Infinity` for what is not worth its memory. */
  readonly weightOf: (found: T) => number;
}

/**
 * Copies of what a database answered, by what it was asked, held where it tells of each write.
 *
 * All are forgotten in the moment of a write, before whoever made it hears of it, and what was read before it is not kept
 * after it. So whoever was told of a write finds it in every later read.
 */
export class Copies<T> {
  readonly #copies = new Map<string, Copy<T>>();
  readonly #options: CopiesOptions<T>;
  #weight = 0;
  #writes = 0;

  constructor(options: CopiesOptions<T>) {
    this.#options = options;
  }

  /** The copy, or else what `find` finds. The question is all that the answer depends on. */
  async get(question: string, find: () => Promise<T>): Promise<T> {
    const known = this.#copies.get(question);
    if (known) {
      // The one that was asked for last is the last to go.
      this.#copies.delete(question);
      this.#copies.set(question, known);
      return known.found;
    }
    const writes = this.#writes;
    const found = await find();
    if (writes === this.#writes && question.length <= MOST_CHARACTERS) this.#keep(question, found);
    return found;
  }

  /** Something was written. */
  forget(): void {
    this.#writes++;
    this.#copies.clear();
    this.#weight = 0;
  }

  #keep(question: string, found: T): void {
    this.#drop(question);
    const { mostWeight, weightOf } = this.#options;
    const weight = weightOf(found);
    if (weight > mostWeight) return;
    this.#copies.set(question, { found, weight });
    this.#weight += weight;
    for (const oldest of this.#copies.keys()) {
      if (this.#weight <= mostWeight) break;
      this.#drop(oldest);
    }
  }

  #drop(question: string): void {
    this.#weight -= this.#copies.get(question)?.weight ?? 0;
    this.#copies.delete(question);
  }
}
