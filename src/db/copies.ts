/** Longer questions are not kept: a filter may be as long as a URL. */
const MOST_CHARACTERS = 8_192;

interface Copy<T> {
  readonly found: T;
  readonly weight: number;
}

export interface CopiesOptions<T> {
  /** The most that all copies together may weigh. */
  readonly mostWeight: number;
  /** The weight of one copy: `Infinity` for one that is not worth its memory. */
  readonly weightOf: (found: T) => number;
}

/**
 * Copies of a database's answers, by question, held where the database reports each write.
 *
 * A write removes all copies at once, before its caller hears of it, and what was read before the write is not kept
 * after it. So a caller that was told of a write sees it in every later read.
 */
export class Copies<T> {
  readonly #copies = new Map<string, Copy<T>>();
  readonly #options: CopiesOptions<T>;
  #weight = 0;
  #writes = 0;

  constructor(options: CopiesOptions<T>) {
    this.#options = options;
  }

  /** The copy, or what `find` finds. The answer must depend on nothing but the question. */
  async get(question: string, find: () => Promise<T>): Promise<T> {
    const known = this.#copies.get(question);
    if (known) {
      // The most recently used copy is dropped last.
      this.#copies.delete(question);
      this.#copies.set(question, known);
      return known.found;
    }
    const writes = this.#writes;
    const found = await find();
    if (writes === this.#writes && question.length <= MOST_CHARACTERS) this.#keep(question, found);
    return found;
  }

  /** To be called when something was written. */
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
