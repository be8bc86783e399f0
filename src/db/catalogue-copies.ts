import type { ImageRecord } from "../domain/image.ts";
import type { ListQuery } from "../domain/list-query.ts";
import { Copies } from "./copies.ts";
import type { Audience } from "./list-ways.ts";
import { MOST_CHARACTERS, MOST_IMAGES, MOST_PAGES_WEIGHT, PAGE_WEIGHT } from "./most-copies.ts";

/** A page of the list as the catalogue returned it, with the marker's own record if the query named one. */
export interface Page {
  readonly page: readonly ImageRecord[];
  readonly marker: ImageRecord | undefined;
}

/**
 * Copies of records and pages, held in the isolate of the catalogue's object (where one process is the whole service).
 * Who may see them is decided anew each time: a copy replaces only the read of the database.
 */
const images = new Copies<ImageRecord | undefined>({
  mostWeight: MOST_IMAGES,
  // A missing image is not remembered: callers may ask for any number of ids.
  weightOf: (image) => (image ? weightOf(image) : Infinity),
});
const pages = new Copies<Page>({
  mostWeight: MOST_PAGES_WEIGHT,
  weightOf: ({ page, marker }) =>
    (marker ? [...page, marker] : page).reduce((weight, image) => weight + weightOf(image), PAGE_WEIGHT),
});

/** The handles of the database that reports its writes. */
const held = new WeakSet<D1Database>();

/** Allows copies of what is read through this handle. Only for a database that reports every write. */
export const holdCopies = (db: D1Database): void => void held.add(db);

/**
 * The tables of which records are made. No trigger and no foreign key leads to them from another table
 * (home/home.test.ts), so a statement that names none of them changes none of them.
 */
const OF_RECORDS = /\b(images|image_(properties|tags|members|locations))\b/i;

/**
 * The catalogue was, or may have been, written by these statements. Called at the moment of the write, in its isolate.
 */
export function catalogueWritten(statements: readonly { readonly sql: string }[]): void {
  if (!statements.some(({ sql }) => OF_RECORDS.test(sql))) return;
  images.forget();
  pages.forget();
}

/** Reads an image's record, from a copy if copies are held. */
export const readImage = (
  db: D1Database,
  { id, projectId }: { readonly id: string; readonly projectId: string | null },
  find: () => Promise<ImageRecord | undefined>,
): Promise<ImageRecord | undefined> =>
  held.has(db) ? images.get(JSON.stringify([id, projectId]), find) : find();

/** Reads a page, from a copy if copies are held. It depends on nothing but the query and the caller's audience. */
export const readPage = (
  db: D1Database,
  { query, audience }: { readonly query: ListQuery; readonly audience: Audience },
  find: () => Promise<Page>,
): Promise<Page> => (held.has(db) ? pages.get(JSON.stringify([audience, query]), find) : find());

function weightOf({ name, properties, tags, locations }: ImageRecord): number {
  let characters = (name?.length ?? 0) + tags.join().length;
  for (const [key, value] of Object.entries(properties)) characters += key.length + (value?.length ?? 0);
  for (const { url, metadata } of locations) characters += url.length + JSON.stringify(metadata).length;
  return characters <= MOST_CHARACTERS ? 1 : Infinity;
}
