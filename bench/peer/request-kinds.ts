/** Shows and lists of 20, of a catalogue of whatever size (../catalogue.ts), and what ours is bound by. */
import { middleOf, nameOf, seededId } from "../catalogue.ts";

const SPREAD = 200;
/** Shows are answered from copies of so many images, which are the latest that were asked for. */
const COPIES = 1_000;
const ALL_THREADS = "the relay's thread, the worker's and the client's on two cores";
const PAST_COPIES = "the worker's thread: what is more than there are copies is read from the catalogue";
const PAGES_IN_TURN = "list, of pages in turn";

/** Requests that are alike. */
export interface RequestKind {
  readonly what: string;
  /** Asked for in turn. */
  readonly paths: readonly string[];
  /** What many at once are bound by. */
  readonly limit: string;
}

/** The same, one by one, for any number of images. */
export function requestKinds(images: number): RequestKind[] {
  // Of each ten two that whoever asks may see.
  const seenOf = (ten: number, nth: number) => seededId(ten * 10 + 3 + (nth % 2));
  const seen = Array.from({ length: SPREAD }, (_, nth) =>
    seenOf(Math.floor((nth * images) / SPREAD / 10), nth),
  );
  const oneByOne = Array.from({ length: Math.min(images / 5, 5 * COPIES) }, (_, nth) =>
    seenOf(Math.floor(nth / 2), nth),
  );
  const show = (id: string) => `/v2/images/${id}`;
  const lists = {
    list: [""],
    // As the stock clients ask.
    "list, by names": ["&sort_key=name&sort_dir=asc"],
    "list of a name": [`&name=${nameOf(middleOf(images))}`],
    "list of a property": ["&os_distro=debian"],
    "list of a tag": ["&tag=rare"],
    "list, deep": Array.from({ length: 20 }, (_, nth) => `&marker=${seededId(middleOf(images, nth))}`),
    // From the newest to the oldest: twice as many as there are copies of.
    [PAGES_IN_TURN]: seen.toReversed().map((id) => `&marker=${id}`),
  };
  return [
    { what: "show", paths: seen.map(show), limit: ALL_THREADS },
    {
      what: "show, of all in turn",
      paths: oneByOne.map(show),
      limit: oneByOne.length > COPIES ? PAST_COPIES : ALL_THREADS,
    },
    ...Object.entries(lists).map(([what, queries]) => ({
      what,
      paths: queries.map((query) => `/v2/images?limit=20${query}`),
      limit: what === PAGES_IN_TURN ? PAST_COPIES : ALL_THREADS,
    })),
  ];
}
