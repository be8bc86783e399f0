import type { ImageRecord } from "../domain/image.ts";
import { isSmall } from "./image-copies.ts";

/** Of all pages together: a hundred of 20 images. */
const MOST_WEIGHT = 3_000;
/** Of a page without images, for the statement that asks for it; an image is 1. */
const PAGE_WEIGHT = 10;
/** Statements that are longer are not kept: a filter may be as long as a URL. */
const MOST_CHARACTERS = 8_192;

/** A page of the list as the catalogue gave it, with the marker's own record where it was asked for. */
export interface Page {
  readonly page: readonly ImageRecord[];
  readonly marker: ImageRecord | undefined;
}

/**
 * Copies of pages, held in the isolate in which the catalogue's object is (where one process is the whole service).
 *
 * Any write may change any page: all are forgotten in the moment in which one is made, before whoever made it hears of it, and
 * what was read before it is not kept after it. So whoever was told of a write finds it in every later list. What a page is
 * known by is the statement that asks for it, which names the project that asks: a copy takes the place of the database alone.
 */
export class PageCopies {
  readonly #pages = new Map<string, Page>();
  #weight = 0;
  #writes = 0;

  /** The copy, or else what `find` finds. */
  async get(statement: string, find: () => Promise<Page>): Promise<Page> {
    const known = this.#pages.get(statement);
    if (known) {
      // The one that was asked for last is the last to go.
      this.#pages.delete(statement);
      this.#pages.set(statement, known);
      return known;
    }
    const writes = this.#writes;
    const found = await find();
    if (writes === this.#writes && statement.length <= MOST_CHARACTERS && recordsOf(found).every(isSmall))
      this.#keep(statement, found);
    return found;
  }

  /** Something was written. */
  forget(): void {
    this.#writes++;
    this.#pages.clear();
    this.#weight = 0;
  }

  #keep(statement: string, page: Page): void {
    this.#drop(statement);
    if (weightOf(page) > MOST_WEIGHT) return;
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
}

const recordsOf = ({ page, marker }: Page): readonly ImageRecord[] => (marker ? [...page, marker] : page);
const weightOf = (page: Page): number => recordsOf(page).length + PAGE_WEIGHT;

/** One for the isolate, and the handles of the database that lead to it. */
const copies = new PageCopies();
const held = new WeakSet<D1Database>();

/** Lets copies be held of pages that are read through this handle: only of a database that tells of each write. */
export const holdPageCopies = (db: D1Database): void => void held.add(db);

/** Reads a page, from a copy where copies are held. The statement is all that the page depends on. */
export const readPage = (
  db: D1Database,
  { sql, values }: { readonly sql: string; readonly values: readonly unknown[] },
  find: () => Promise<Page>,
): Promise<Page> => (held.has(db) ? copies.get(`${JSON.stringify(values)} ${sql}`, find) : find());

/** The catalogue was written: called where and when that happens. */
export const catalogueChanged = (): void => copies.forget();
