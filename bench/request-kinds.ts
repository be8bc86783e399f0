/** Shows and lists of 20, of a catalogue of whatever size (catalogue.ts), and what ours is bound by. */
import { MOST_IMAGES, PAGES_OF_20 } from "../src/db/most-copies.ts";
import { isListedByName, middleOf, nameOf, seededId } from "./catalogue.ts";

const SPREAD = 200;
/** Names and properties in turn: more than there are copies of pages of one image. */
const MANY = 400;
const ALL_THREADS = "the relay's thread, the worker's and the client's on two cores";
const PAST_COPIES = "the worker's thread: what has no copy is read from the catalogue";

/** Requests that are alike. */
export interface RequestKind {
  readonly what: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  /** What many at once are bound by. */
  readonly limit: string;
  /** Whether somebody else writes meanwhile. */
  readonly written?: boolean;
  /** Among 100,000 images Glance is not asked for it: it takes seconds for each. */
  readonly amongFew?: boolean;
}

const show = (id: string) => `/v2/images/${id}`;

function list(what: string, ...queries: string[]): RequestKind {
  const paths = queries.map((query) => `/v2/images?limit=20${query}`);
  return { what, paths, limit: paths.length > PAGES_OF_20 ? PAST_COPIES : ALL_THREADS };
}

/** Whoever asks sees these of each ten (catalogue.ts). */
const SEEN_OF_TEN = [0, 1, 2, 3, 4, 9];

/** The number of the nth image that they see. */
const seenNumber = (nth: number) =>
  Math.floor(nth / SEEN_OF_TEN.length) * 10 + (SEEN_OF_TEN[nth % SEEN_OF_TEN.length] ?? 0);

/** So many, one after the other. */
const inTurn = <T>(many: number, query: (nth: number) => T): T[] =>
  Array.from({ length: many }, (_, nth) => query(nth));

/** As these are, while the catalogue changes. */
const written = (kind: RequestKind): RequestKind => ({
  ...kind,
  what: `${kind.what}, while others write`,
  limit: PAST_COPIES,
  written: true,
  amongFew: true,
});

/** The same, one by one, for any number of images. */
export function requestKinds(images: number): RequestKind[] {
  const spread = (many: number) =>
    inTurn(many, (nth) => seenNumber(Math.floor((nth * images * SEEN_OF_TEN.length) / 10 / many)));
  const seen = spread(SPREAD).map(seededId);
  const oneByOne = spread(Math.min((images * SEEN_OF_TEN.length) / 10, 5 * MOST_IMAGES)).map(seededId);
  const listMany = (of: string, query: (number: number) => string): RequestKind => ({
    ...list(`list of a ${of}, of many in turn`, ...spread(MANY).filter(isListedByName).map(query)),
    amongFew: true,
  });
  const showMany: RequestKind = {
    what: "show, of many in turn",
    paths: oneByOne.map(show),
    limit: oneByOne.length > MOST_IMAGES ? PAST_COPIES : ALL_THREADS,
  };
  // As the stock clients ask.
  const byNames = list("list, by names", "&sort_key=name&sort_dir=asc");
  return [
    { what: "show", paths: seen.map(show), limit: ALL_THREADS },
    ...[showMany, written(showMany)],
    list("list", ""),
    ...[byNames, written(byNames)],
    list("list of a name", `&name=${nameOf(middleOf(images))}`),
    listMany("name", (number) => `&name=${nameOf(number)}`),
    list("list of a property", "&os_distro=debian"),
    listMany("property", (number) => `&instance_uuid=${seededId(number)}`),
    list("list of a tag", "&tag=rare"),
    list("list, deep", ...inTurn(20, (nth) => `&marker=${seededId(middleOf(images, nth))}`)),
    // From the newest to the oldest: twice as many as there are copies of.
    list("list, of pages in turn", ...seen.toReversed().map((id) => `&marker=${id}`)),
  ];
}
