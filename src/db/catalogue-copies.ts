import type { ImageRecord } from "../domain/image.ts";
import type { ListQuery } from "../domain/list-query.ts";
import { Copies } from "./copies.ts";
import type { Audience } from "./list-ways.ts";

/** Of an image each project that asked has its own, which tells of its membership. */
const MOST_IMAGES = 1_000;
/** Of all pages together, an image being 1: a hundred of 20 images. */
const MOST_PAGES_WEIGHT = 3_000;
/** Of a page without images, for the question that it answers. */
const PAGE_WEIGHT = 10;
/** Records with more than that are not kept: a record can have 128 properties of 64 KiB. */
const MOST_CHARACTERS = 4_096;

/** A page of the list as the catalogue gave it, with the marker's own record where it was asked for. */
export interface Page {
  readonly page: readonly ImageRecord[];
  readonly marker: ImageRecord | undefined;
}

/**
 * Records and pages, held in the isolate in which the catalogue's object is (where one process is the whole service). Who
 * may see them is decided anew each time: a copy takes the place of the database alone.
 */
const images = new Copies<ImageRecord | undefined>({
  mostWeight: MOST_IMAGES,
  // What is not there is not remembered: there is no end of ids that one may ask for.
  weightOf: (image) => (image ? weightOf(image) : Infinity),
});
const pages = new Copies<Page>({
  mostWeight: MOST_PAGES_WEIGHT,
  weightOf: ({ page, marker }) =>
    (marker ? [...page, marker] : page).reduce((weight, image) => weight + weightOf(image), PAGE_WEIGHT),
});

/** The handles of the database that tells of its writes. */
const held = new WeakSet<D1Database>();

/** Lets copies be held of what is read through this handle: only of a database that tells of each write. */
export const holdCopies = (db: D1Database): void => void held.add(db);

/**
 * What records are made of. No trigger and no key leads to them from another table (home/home.test.ts), so that a statement
 * which names none of them changes none.
 */
const OF_RECORDS = /\b(images|image_(properties|tags|members|locations))\b/i;

/** The catalogue was written by these statements, or may have been: called where and when that happens. */
export function catalogueWritten(statements: readonly { readonly sql: string }[]): void {
  if (!statements.some(({ sql }) => OF_RECORDS.test(sql))) return;
  images.forget();
  pages.forget();
}

/** Reads an image's record, from a copy where copies are held. */
export const readImage = (
  db: D1Database,
  { id, projectId }: { readonly id: string; readonly projectId: string | null },
  find: () => Promise<ImageRecord | undefined>,
): Promise<ImageRecord | undefined> =>
  held.has(db) ? images.get(JSON.stringify([id, projectId]), find) : find();

/** Reads a page, from a copy where copies are held. What is asked, and for whom, is all it depends on. */
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
