/** How many images are shown and listed in a second, and how long does one take, by both? */
import { ask } from "../ask.ts";
import type { Effort } from "../effort.ts";
import { type RequestKind, requestKinds } from "../request-kinds.ts";
import type { Section } from "../table.ts";
import { bareRows } from "./bare.ts";
import { COLUMNS } from "./comparison.ts";
import { ANSWERS, ROUNDS, rateRows, warmUp } from "./request-rates.ts";
import { type Both, type Side, startBoth } from "./sides.ts";
import { WRITES_A_SECOND } from "./writing.ts";

const FEW = 1_000;
const SIZES = [FEW, 10_000, 100_000];
/** Of so many, what Glance is not asked for among more stands in a table of its own. */
const IN_TURN = 10_000;
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

/** Rows of those kinds, of catalogues of so many images. */
async function besideGlance(
  both: Both,
  { images, kinds }: { images: number; kinds: readonly RequestKind[] },
  effort: Effort,
): Promise<string[][]> {
  process.stderr.write(`  a catalogue of ${images} images ...\n`);
  await Promise.all([both.ours.seed(images), both.theirs.seed(images)]);
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
  if (images === FEW) rows.push(...(await bareRows(both.theirs, kinds, goals, effort)));
  return rows;
}

const noteOf = (effort: Effort): string =>
  [
    `“× 16”: by 16 connections, for ${effort.seconds} s.`,
    `“While others write”: up to ${WRITES_A_SECOND} times a second, each after the answer to the one before, to an image that no list shows.`,
    `Where a rate is aimed at, whoever needs longer for ${ANSWERS} answers and for ${ROUNDS} to each connection is asked for as long as one alone says that they take, at most ${effort.slowSeconds} s.`,
    "Nobody is asked while the other still works on what it was asked.",
    "“–”: that was not enough for an answer to each connection. No p99 is told of fewer than a hundred answers; “at most” is then the ratio to their p50, which their p99 is no less than.",
  ].join(" ");

/** A table of shows and lists by the size of the catalogue, and of what does nothing but answer. */
export async function peerShowList(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const rows: string[][] = [];
  for (const images of effort.images === undefined ? SIZES : [effort.images]) {
    const kinds = requestKinds(images).filter(({ amongFew }) => images === FEW || !amongFew);
    rows.push(...(await besideGlance(both, { images, kinds }, effort)));
  }
  return {
    title: "Show, and lists of 20, beside Glance",
    note: noteOf(effort),
    columns: COLUMNS,
    rows,
  };
}

/** A table of what has no copy, for each is asked for once: names and properties in turn, and what others write meanwhile. */
export async function peerInTurn(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const images = effort.images ?? IN_TURN;
  const kinds = requestKinds(images).filter(({ amongFew, what }) => amongFew || what === "show");
  return {
    title: `Of many in turn, and while others write, among ${images.toLocaleString("en")} images, beside Glance`,
    note: noteOf(effort),
    columns: COLUMNS,
    rows: await besideGlance(both, { images, kinds }, effort),
  };
}
