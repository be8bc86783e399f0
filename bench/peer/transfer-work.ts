/** What is done with bytes by both, and how the two compare. */
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mibPerSecond, STOCK_PIECE } from "../bytes.ts";
import type { Effort } from "../effort.ts";
import { deleteImage, download, showImage, uploaded } from "../images.ts";
import { atRest, cpuSecondsOf } from "../processes.ts";
import { inTurn, ofEach, type Pair, told } from "./comparison.ts";
import { type Processor, processorCell, scaled, watched } from "./processor.ts";
import { writtenBack } from "./rest.ts";
import type { Both, Side } from "./sides.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const RANGES = 200;

/** Images of one side that have so many bytes each, in that store. */
export interface Transfer {
  readonly side: Side;
  readonly store: string;
  readonly bytes: number;
}

/** One of them, which is there to be fetched. */
export interface Kept extends Transfer {
  readonly id: string;
}

/** One kind of work, and what is known and aimed at. */
export interface Work {
  readonly what: string;
  readonly goal?: number;
  readonly limit: string;
  readonly measure: (kept: Kept) => Promise<Moved>;
  /** What Glance does in its turn, where that is something else. */
  readonly theirs?: (kept: Kept) => Promise<Moved>;
}

/** How fast bytes went, and what that took. */
export interface Moved {
  /** MiB/s. */
  readonly rate: number;
  /** Seconds of a core for a GiB. */
  readonly took: Processor;
}

async function moved(side: Side, bytes: number, work: () => Promise<unknown>): Promise<Moved> {
  const before = cpuSecondsOf([process.pid]);
  const { done, used } = await watched(side, () => mibPerSecond(bytes, work));
  const client = cpuSecondsOf([process.pid]) - before;
  return { rate: done, took: scaled({ ...used, client }, GIB / bytes) };
}

/** As stock clients send it, with its length or without; resolves with its id. */
export const filled = ({ side, ...transfer }: Transfer, known: boolean): Promise<string> =>
  uploaded(side, { ...transfer, known, pieceBytes: STOCK_PIECE });

/** All of it is there, or the rate is of something else. */
async function checkWhole({ side, bytes, store }: Transfer, id: string): Promise<void> {
  const image = await showImage(side, id);
  if (image.status !== "active" || image.size !== bytes || image.stores !== store)
    throw new Error(`an upload of ${bytes} bytes into ${store} became ${JSON.stringify(image)}`);
}

/** So many uploads at once, and gone again. */
export async function uploads(transfer: Transfer, { known, count }: { known: boolean; count: number }) {
  let ids: string[] = [];
  await writtenBack();
  const rate = await moved(transfer.side, count * transfer.bytes, async () => {
    ids = await Promise.all(Array.from({ length: count }, () => filled(transfer, known)));
  });
  for (const id of ids) await checkWhole(transfer, id);
  for (const id of ids) await deleteImage(transfer.side, id);
  await atRest();
  return rate;
}

/** So many at once, of one image. */
export const downloads = ({ side, id, bytes }: Kept, count: number): Promise<Moved> =>
  moved(side, count * bytes, () =>
    Promise.all(Array.from({ length: count }, () => download(side, id, { bytes }))),
  );

/** What others did meanwhile may have put the image out of the page cache: it is read once before. */
export async function warmDownloads(kept: Kept, count = 1): Promise<Moved> {
  await downloads(kept, 1);
  return downloads(kept, count);
}

/** The first of an image that has just been uploaded: ours has gone past the page cache. */
export async function firstDownload(transfer: Transfer): Promise<Moved> {
  await writtenBack();
  const id = await filled(transfer, true);
  const first = await downloads({ ...transfer, id }, 1);
  await deleteImage(transfer.side, id);
  await atRest();
  return first;
}

/** Takes the image out of the page cache, so that the disk is read. */
export async function coldDownload(kept: Kept): Promise<Moved> {
  const file = kept.side.fileOf(kept.id);
  execFileSync("dd", [`of=${file}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], {
    stdio: "ignore",
  });
  const resident = execFileSync("fincore", ["--bytes", "--noheadings", "--output", "RES", file]);
  if (Number(resident) > kept.bytes / 100)
    throw new Error(`${Number(resident)} bytes of ${file} are still in the page cache`);
  return downloads(kept, 1);
}

/** Of 1 MiB each, one after the other, from all over the image. */
export const ranges = ({ side, id, bytes }: Kept): Promise<Moved> =>
  moved(side, RANGES * MIB, async () => {
    for (let n = 0; n < RANGES; n++) {
      const start = randomInt(bytes - MIB + 1);
      await download(side, id, { bytes: MIB, range: `bytes=${start}-${start + MIB - 1}` });
    }
  });

/** Glance fails at some work: that is a figure too. */
const orFailure = (measured: Promise<Moved>): Promise<Moved> =>
  measured.catch((error: Error) => {
    process.stderr.write(`  Glance: ${error.message}\n`);
    return { rate: Number.NaN, took: {} };
  });

/** Cells of a comparison: the rates, and what the programs took for a GiB. */
export const movedCells = (both: Pair<readonly Moved[]>) => ({
  ...ofEach(both, ({ rate }) => rate),
  processor: processorCell(
    "s/GiB",
    ofEach(both, ({ took }) => took),
  ),
});

/** An image in both, of that store, as long as `use` takes. */
export async function withKept<T>(
  both: Both,
  { store, bytes }: Pick<Transfer, "store" | "bytes">,
  use: (kept: Pair<Kept>) => Promise<T>,
): Promise<T> {
  const keep = async (side: Side): Promise<Kept> => {
    const transfer = { side, store, bytes };
    return { ...transfer, id: await filled(transfer, true) };
  };
  const kept = { ours: await keep(both.ours), theirs: await keep(both.theirs) };
  const used = await use(kept);
  for (const { side, id } of [kept.ours, kept.theirs]) await deleteImage(side, id);
  return used;
}

/** Rows of each work. */
export async function compare(
  kept: Pair<Kept>,
  works: readonly Work[],
  { runs }: Effort,
): Promise<string[][]> {
  const { store } = kept.ours;
  const rows: string[][] = [];
  for (const { what, measure, theirs = measure, ...judged } of works) {
    const both = await inTurn(runs, kept, (each) =>
      each === kept.theirs ? orFailure(theirs(each)) : measure(each),
    );
    rows.push(...told([{ what: `${store}: ${what}`, unit: "MiB/s", ...judged, ...movedCells(both) }]));
  }
  return rows;
}
