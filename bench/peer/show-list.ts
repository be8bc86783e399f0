/** How many images are shown and listed in a second, and how long does one take, by both? */
import { middleOf, nameOf, seededId } from "../catalogue.ts";
import type { Effort } from "../effort.ts";
import type { Rate } from "../figures.ts";
import { load, NOT_MEASURED } from "../load.ts";
import { MILLION_GOAL } from "../lists.ts";
import type { Section } from "../table.ts";
import { bareRows } from "./bare.ts";
import { COLUMNS, inTurn, rateComparisons, told } from "./comparison.ts";
import { Both, type Side } from "./sides.ts";

const PEERS_SIZES = [1_000, 10_000, 100_000];
/** Ours alone, beside ours of the first size. */
const MILLION = 1_000_000;
const SPREAD = 200;
const CONNECTIONS = [1, 16, 64];
const WARM_UP_SECONDS = 4;
/** Who takes longer for one answer is asked by one connection alone: 64 of them would wait for minutes. */
const SLOW_SECONDS = 1.5;
const SHOW_GOAL = 8;
const LIST_GOALS: Readonly<Record<number, number>> = { 1000: 10, 10000: 100 };
const P99_GOAL = 0.2;

interface Kind {
  readonly what: string;
  readonly paths: readonly string[];
  readonly limit: string;
}

/** Shows are answered from copies of so many images, which are the latest that were asked for. */
const COPIES = 1_000;
const ALL_THREADS = "the relay's thread, the worker's and the client's on two cores";
const PAST_COPIES = "the worker's thread: what is more than there are copies is read from the catalogue";
const PAGES_IN_TURN = "list, of pages in turn";

function kinds(images: number): Kind[] {
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
    {
      what: "show",
      paths: seen.map(show),
      limit: ALL_THREADS,
    },
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

/** The same question gets the same images, or the comparison is none: the first and one in the middle are asked of both. */
async function checkSameAnswers(both: Both, { what, paths }: Kind): Promise<void> {
  for (const path of new Set([paths[0] ?? "", paths[Math.floor(paths.length / 2)] ?? ""])) {
    const [ours, theirs] = await Promise.all(
      [both.ours, both.theirs].map(({ url }) => idsIn(url + path, both.headers)),
    );
    if (ours === "" || ours !== theirs) throw new Error(`${what}: ${path} is not answered alike`);
  }
}

async function idsIn(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const body = (await answer.json()) as { id: string; images?: { id: string }[] };
  return (body.images ?? [body]).map(({ id }) => id).join(" ");
}

async function secondsOfOne(url: string, headers: Record<string, string>): Promise<number> {
  const started = performance.now();
  await idsIn(url, headers);
  return (performance.now() - started) / 1000;
}

interface How {
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly effort: Effort;
}

async function measure({ url }: Side, { paths }: Kind, how: How): Promise<Rate> {
  const headers = { ...how.headers };
  const one = await secondsOfOne(url + (paths[0] ?? ""), headers);
  if (one > SLOW_SECONDS && how.connections > 1) return NOT_MEASURED;
  const seconds = Math.max(how.effort.seconds, Math.ceil(3 * one));
  return load({ url, headers, paths, connections: how.connections, seconds });
}

/** What has just been started, or filled, is not yet what it will be: neither compiled nor in memory. */
async function warmUp({ url }: Side, [show]: readonly Kind[], headers: How["headers"]): Promise<void> {
  await load({ url, headers, paths: show?.paths ?? [], connections: 16, seconds: WARM_UP_SECONDS });
}

async function besideGlance(both: Both, images: number, effort: Effort): Promise<string[][]> {
  process.stderr.write(`  a catalogue of ${images} images ...\n`);
  await Promise.all([both.ours.seed(images), both.theirs.seed(images)]);
  for (const side of [both.ours, both.theirs]) await warmUp(side, kinds(images), both.headers);
  const size = images.toLocaleString("en");
  const rows: string[][] = [];
  for (const kind of kinds(images)) {
    const goal = kind.what.startsWith("show") ? SHOW_GOAL : LIST_GOALS[images];
    await checkSameAnswers(both, kind);
    for (const connections of CONNECTIONS) {
      const how = { headers: both.headers, connections, effort };
      const loads = await inTurn(
        effort.runs,
        () => measure(both.ours, kind, how),
        () => measure(both.theirs, kind, how),
      );
      const row = { what: `${kind.what}, ${size} × ${connections}`, unit: "requests/s", limit: kind.limit };
      rows.push(...told(rateComparisons(row, loads, [goal, P99_GOAL])));
    }
  }
  return rows;
}

export async function peerShowList(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const rows: string[][] = [];
  for (const images of effort.images === undefined ? PEERS_SIZES : [effort.images])
    rows.push(...(await besideGlance(both, images, effort)));
  rows.push(...(await bareRows(effort)));
  return {
    title: "Show, and lists of 20, beside Glance",
    note: "“× 16”: by 16 connections. “–”: one answer took over a second and a half, and more than one was not asked for at a time; or none came in time. No p99 is told of fewer than a hundred answers.",
    columns: COLUMNS,
    rows,
  };
}

/** Two of ours, with the same Keystone, each with a catalogue of its own. */
export async function million(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  await using large = await both.another();
  const images = { few: PEERS_SIZES[0] ?? 0, many: effort.images ?? MILLION };
  await both.ours.seed(images.few);
  await large.seed(images.many);
  const [few, many] = [kinds(images.few), kinds(images.many)];
  await warmUp(both.ours, few, both.headers);
  await warmUp(large, many, both.headers);
  const rows: string[][] = [];
  for (const [nth, kind] of many.entries())
    for (const connections of CONNECTIONS) {
      const how = { headers: both.headers, connections, effort };
      const loads = await inTurn(
        effort.runs,
        () => measure(large, kind, how),
        () => measure(both.ours, few[nth] ?? kind, how),
      );
      const row = { what: `${kind.what} × ${connections}`, unit: "requests/s", limit: kind.limit };
      rows.push(...told(rateComparisons(row, loads, [MILLION_GOAL, undefined])));
    }
  return {
    title: "Show, and lists of 20, among many images beside a few: ours alone",
    note: "“Show, of all in turn” is of 5,000 images there and of all 200 that the caller sees here, which all have copies: a copy or none.",
    columns: [
      "work",
      "unit",
      images.many.toLocaleString("en"),
      images.few.toLocaleString("en"),
      "ratio",
      ...COLUMNS.slice(-3),
    ],
    rows,
  };
}
