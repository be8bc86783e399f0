/** How many images are shown and listed in a second, and how long does one take, by both? */
import { ask } from "../ask.ts";
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { bareRows } from "./bare.ts";
import { COLUMNS } from "./comparison.ts";
import { type RequestKind, requestKinds } from "./request-kinds.ts";
import { ANSWERS, ROUNDS, rateRows, warmUp } from "./request-rates.ts";
import { type Both, type Side, startBoth } from "./sides.ts";
import { WRITES_A_SECOND } from "./writing.ts";

const SIZES = [1_000, 10_000, 100_000];
const SHOW_GOAL = 8;
const LIST_GOALS: Readonly<Record<number, number>> = { 1000: 10, 10000: 100 };
const P99_GOAL = 0.2;

/** The same question gets the same images, or the comparison is none: the first and one in the middle are asked of both. */
async function checkSameAnswers(both: Both, { what, paths }: RequestKind): Promise<void> {
  for (const path of new Set([paths[0] ?? "", paths[Math.floor(paths.length / 2)] ?? ""])) {
    const [ours, theirs] = await Promise.all([both.ours, both.theirs].map((side) => idsIn(side, path)));
    if (ours === "" || ours !== theirs) throw new Error(`${what}: ${path} is not answered alike`);
  }
}

async function idsIn(side: Side, path: string): Promise<string> {
  const body = JSON.parse(await ask(side, "GET", path)) as { id: string; images?: { id: string }[] };
  return (body.images ?? [body]).map(({ id }) => id).join(" ");
}

async function besideGlance(both: Both, images: number, effort: Effort): Promise<string[][]> {
  process.stderr.write(`  a catalogue of ${images} images ...\n`);
  await Promise.all([both.ours.seed(images), both.theirs.seed(images)]);
  const isFew = images === SIZES[0];
  const kinds = requestKinds(images).filter(({ amongFew }) => isFew || !amongFew);
  for (const kind of kinds) await checkSameAnswers(both, kind);
  const [{ paths: shows } = { paths: [] }] = kinds;
  for (const side of [both.ours, both.theirs]) await warmUp({ side, paths: shows });
  const goals = { show: [SHOW_GOAL, P99_GOAL], list: [LIST_GOALS[images], P99_GOAL] };
  const rows: string[][] = [];
  for (const kind of kinds) {
    const { limit } = kind;
    const asked = { ours: { side: both.ours, ...kind }, theirs: { side: both.theirs, ...kind } };
    const row = {
      what: `${kind.what}, ${images.toLocaleString("en")}`,
      limit,
      goals: goals[kind.what.startsWith("show") ? "show" : "list"],
    };
    rows.push(...(await rateRows(asked, row, effort)));
  }
  // With few images: of many a page takes Glance seconds.
  if (isFew) rows.push(...(await bareRows(both.theirs, kinds, goals, effort)));
  return rows;
}

/** A table of shows and lists by the size of the catalogue, and of what does nothing but answer. */
export async function peerShowList(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const rows: string[][] = [];
  for (const images of effort.images === undefined ? SIZES : [effort.images])
    rows.push(...(await besideGlance(both, images, effort)));
  return {
    title: "Show, and lists of 20, beside Glance",
    note: [
      `“× 16”: by 16 connections, for ${effort.seconds} s.`,
      `“While others write”: up to ${WRITES_A_SECOND} times a second, to an image that no list shows.`,
      `Where a rate is aimed at, whoever needs longer for ${ANSWERS} answers and for ${ROUNDS} to each connection is asked for as long as one alone says that they take, at most ${effort.slowSeconds} s.`,
      "Nobody is asked while the other still works on what it was asked.",
      "“–”: that was not enough for an answer to each connection. No p99 is told of fewer than a hundred answers; “at most” is then the ratio to their p50, which their p99 is no less than.",
    ].join(" "),
    columns: COLUMNS,
    rows,
  };
}
