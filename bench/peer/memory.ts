/**
 * How much memory do all processes of each take, at rest and at work, and how long until the first answers? Each is started
 * anew for each run.
 */
import { setTimeout as wait } from "node:timers/promises";
import { millisecondsOf } from "../ask.ts";
import type { Effort } from "../effort.ts";
import { deleteImage } from "../images.ts";
import { load } from "../load.ts";
import { requestKinds } from "../request-kinds.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, ofEach, told } from "./comparison.ts";
import { type Memory, memoryOf, memoryRows, peakOf } from "./held-memory.ts";
import { type Side, startBoth } from "./sides.ts";
import { downloads, filled } from "./transfer-work.ts";

/** Of which more can be asked for than there are copies of. */
const IMAGES = 10_000;
const UPLOADS = 4;
const DOWNLOADS = 8;
const LIST = "/v2/images?limit=20";
const LIMIT = "what Node and workerd take for themselves (below)";
/** Until there are as many copies as there can be. */
const ASKED = requestKinds(IMAGES).filter(({ what }) => what.endsWith("in turn"));
/** Of each kind of lists, then of shows: what V8 keeps of requests that are over has grown to its most by then. */
const SECONDS = 10;

async function work(side: Side, bytes: number): Promise<void> {
  const transfer = { side, store: "fast", bytes };
  const ids = await Promise.all(Array.from({ length: UPLOADS }, () => filled(transfer, false)));
  const [id = ""] = ids;
  await downloads({ ...transfer, id }, DOWNLOADS);
  for (const { paths } of ASKED.toReversed())
    await load({ url: side.url, headers: side.headers, paths, connections: 16, seconds: SECONDS });
  for (const each of ids) await deleteImage(side, each);
}

/** Seconds from its start to its first answer. */
async function secondsToStart(side: Side): Promise<number> {
  await side.stop();
  const started = performance.now();
  const ready = side.start();
  for (;;) {
    const answer = await fetch(`${side.url}/v2/images`).catch(() => undefined);
    if (answer?.status === 401) break;
    await wait(10);
  }
  const seconds = (performance.now() - started) / 1000;
  await ready;
  return seconds;
}

interface Life {
  /** Seconds from its start to its first answer, and milliseconds of the first list and the next. */
  readonly start: number;
  readonly cold: number;
  readonly warm: number;
  readonly rest: Memory;
  readonly peak: Memory;
}

/** From a start on. At rest it has answered: what is loaded with the first answer is there. */
async function life(side: Side, bytes: number): Promise<Life> {
  const start = await secondsToStart(side);
  const cold = await millisecondsOf(side, LIST);
  const warm = await millisecondsOf(side, LIST);
  const rest = memoryOf(side);
  return { start, cold, warm, rest, peak: await peakOf(side, () => work(side, bytes)) };
}

/** A table of times and of memory. */
export async function peerMemory(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  await Promise.all([both.ours.seed(IMAGES), both.theirs.seed(IMAGES)]);
  const lives = await inTurn(effort.runs, both, (side) => life(side, effort.together));
  const of = <T>(figure: (each: Life) => T) => ofEach(lives, figure);
  const rows: Comparison[] = [
    {
      ...{ what: "from start to first answer", unit: "s", ...of(({ start }) => start), less: true },
      limit: "Node, a bundle of the worker, Miniflare and workerd; theirs with its script, some 0.4 s",
    },
    { what: "first list after it", unit: "ms", ...of(({ cold }) => cold), less: true },
    { what: "the same once more", unit: "ms", ...of(({ warm }) => warm), less: true },
    ...memoryRows(
      "memory at rest",
      LIMIT,
      of(({ rest }) => rest),
    ),
    ...memoryRows(
      "memory at its peak",
      LIMIT,
      of(({ peak }) => peak),
    ),
  ];
  return {
    title: "Memory and start beside Glance",
    note: `Every process that serves: what each has for itself, and the pages of files, each once for a side, so that nobody else who runs the same programs takes a share. At its peak: ${UPLOADS} uploads, ${DOWNLOADS} downloads, then ${ASKED.length} kinds of lists and shows of the ${IMAGES.toLocaleString("en")} images in turn by 16 connections, ${SECONDS} s each.`,
    columns: COLUMNS,
    rows: told(rows),
  };
}
