import type { ImageRecord } from "../domain/image.ts";
import { isSmall } from "./image-copies.ts";

/** Of all pages together: a hundred of 20 images. */
const MOST_WEIGHT = 3_000;
/** Of a page without images, for the statement that asks for it; an image is 1. */
const PAGE_WEIGHT = 10;
/** A write that was cut off, with the request that made it, never says that it has ended: by then it has. */
const LONGEST_WRITE_MILLISECONDS = 300_000;

/** A page of the list as the catalogue gave it, with the marker's own record where it was asked for. */
export interface Page {
  readonly page: readonly ImageRecord[];
  readonly marker: ImageRecord | undefined;
}

/**
 * Copies of pages, held in the isolate that makes every write (where one process is the whole service).
 *
 * Any write may change any page: all are forgotten before one begins and again when it has ended, however it ended, and what
 * is read meanwhile is not kept. So whoever was told of a write finds it in every later list. What a page is known by is the
 * statement that asks for it, which names the project that asks: a copy takes the place of the database alone.
 */
export class PageCopies {
  readonly #pages = new Map<string, Page>();
  #weight = 0;
  /** Until when each that has begun may take. */
  readonly #underWay = new Map<symbol, number>();
  /** Begun and ended. */
  #writes = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The copy, or else what `find` finds. */
  async get(statement: string, find: () => Promise<Page>): Promise<Page> {
    const known = this.#pages.get(statement);
    if (known) return known;
    const writes = this.#writes;
    const found = await find();
    if (writes === this.#writes && !this.#isUnderWay() && found.page.every(isSmall))
      this.#keep(statement, found);
    return found;
  }

  /** Makes a write, of whatever. */
  async during<T>(write: () => Promise<T>): Promise<T> {
    const id = Symbol();
    this.#underWay.set(id, this.#now() + LONGEST_WRITE_MILLISECONDS);
    this.#forget();
    try {
      return await write();
    } finally {
      this.#underWay.delete(id);
      this.#forget();
    }
  }

  #isUnderWay(): boolean {
    for (const [id, until] of this.#underWay) if (until <= this.#now()) this.#underWay.delete(id);
    return this.#underWay.size > 0;
  }

  #keep(statement: string, page: Page): void {
    this.#drop(statement);
    this.#pages.set(statement, page);
    this.#weight += weightOf(page);
    for (const oldest of this.#pages.keys()) {
      if (this.#weight <= MOST_WEIGHT) break;
      this.#drop(oldest);
    }
  }

  #drop(statement: string): void {
    const known = this.#pages.get(statement);
    if (known && this.#pages.delete(statement)) this.#weight -= weightOf(known);
  }

  #forget(): void {
    this.#writes++;
    this.#pages.clear();
    this.#weight = 0;
  }
}

const weightOf = ({ page }: Page): number => page.length + PAGE_WEIGHT;

/** One for the isolate, and the handles of the database that lead to it. */
const copies = new PageCopies();
const held = new WeakSet<D1Database>();

/** Lets copies be held of pages that are read through this handle: only where every write is made by `changing`. */
export const holdPageCopies = (db: D1Database): void => void held.add(db);

/** Reads a page, from a copy where copies are held. The statement is all that the page depends on. */
export const readPage = (
  db: D1Database,
  { sql, values }: { readonly sql: string; readonly values: readonly unknown[] },
  find: () => Promise<Page>,
): Promise<Page> => (held.has(db) ? copies.get(`${JSON.stringify(values)} ${sql}`, find) : find());

/** Makes a write of the catalogue, after which `readPage` must not find what it found before. */
export const changing = <T>(write: () => Promise<T>): Promise<T> => copies.during(write);
