/** How much is held of the catalogue (catalogue-copies.ts): a few MiB, of the memory that all of one machine's programs share. */

/** Each project that asks for an image has a copy of its own, which includes its membership. */
export const MOST_IMAGES = 1_000;
/** The total weight of all pages; an image weighs 1. */
export const MOST_PAGES_WEIGHT = 3_000;
/** The weight of a page without images, for its question. */
export const PAGE_WEIGHT = 10;
/** How many pages of 20 images that is. */
export const PAGES_OF_20 = MOST_PAGES_WEIGHT / (PAGE_WEIGHT + 20);
/** Longer records are not copied: a record can have 128 properties of 64 KiB. */
export const MOST_CHARACTERS = 4_096;
