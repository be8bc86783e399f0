/** Longer questions are not kept: a filter may be as long as a URL. */
const MOST_CHARACTERS = 8_192;

/** A read that has been under way for longer may never end: its request may have ended with its client. */
const LOST_MILLISECONDS = 1_000;
const POLL_MILLISECONDS = 4;
/** A tenth of a second, whatever the clock says: nobody is to be much the slower for a read that was lost. */
const MOST_POLLS = 25;

/** A read that is under way, and what it found. */
interface Read<T> {
  readonly began: number;
  outcome?: { readonly found: T };
  failed?: true;
}

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
 * after it. Whoever asks what is being read already waits for that, unless there has been a write since it began: many who
 * read the same would otherwise all ask after each write. So a caller that was told of a write sees it in every later read.
 */
export class Copies<T> {
  readonly #copies = new Map<string, Copy<T>>();
  readonly #options: CopiesOptions<T>;
  /** Begun after the last write; the earliest first. */
  readonly #reads = new Map<string, Read<T>>();
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
    const read = this.#reads.get(question);
    const outcome = read && (await outcomeOf(read));
    return outcome ? outcome.found : this.#read(question, find);
  }

  /** To be called when something was written. */
  forget(): void {
    this.#writes++;
    this.#copies.clear();
    this.#reads.clear();
    this.#weight = 0;
  }

  async #read(question: string, find: () => Promise<T>): Promise<T> {
    const writes = this.#writes;
    const read: Read<T> = { began: Date.now() };
    this.#begin(question, read);
    try {
      const found = await find();
      read.outcome = { found };
      if (writes === this.#writes && question.length <= MOST_CHARACTERS) this.#keep(question, found);
      return found;
    } catch (error) {
      read.failed = true;
      throw error;
    } finally {
      if (this.#reads.get(question) === read) this.#reads.delete(question);
    }
  }

  /** Those that were lost are not kept for ever. */
  #begin(question: string, read: Read<T>): void {
    for (const [other, { began }] of this.#reads) {
      if (read.began - began <= LOST_MILLISECONDS) break;
      this.#reads.delete(other);
    }
    this.#reads.delete(question);
    this.#reads.set(question, read);
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

/**
 * What the read finds; undefined where it fails or takes long. It is asked for now and then, by the waiting request's own
 * timer: a request whose client goes away settles no promise.
 */
async function outcomeOf<T>(read: Read<T>): Promise<{ readonly found: T } | undefined> {
  for (let polls = 0; polls < MOST_POLLS && !read.outcome && !read.failed; polls++)
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  return read.outcome;
}
