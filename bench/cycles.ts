/**
 * How many small images can be created, filled and deleted in a second, and how long does one take?
 *
 * A cycle is what a script or a test suite does: create a record, upload 1 MiB, delete the image. It is all transitions
 * and hardly any bytes: each crosses the image's Durable Object, the catalogue, the relay and the disk.
 */
import { type Access, keptConnections } from "./ask.ts";
import { STOCK_PIECE } from "./bytes.ts";
import type { Effort } from "./effort.ts";
import { type Rate, rateCells, rateOf, repeat } from "./figures.ts";
import { createImage, deleteImage, upload } from "./images.ts";
import { Product } from "./product.ts";
import type { Section } from "./table.ts";

/** In pieces as stock clients send them. */
export const SMALL = { bytes: 1024 * 1024, pieceBytes: STOCK_PIECE, agent: keptConnections };

/** One cycle: an image is created, filled and deleted. */
export async function cycle(access: Access): Promise<void> {
  const id = await createImage(access);
  await upload(access, id, SMALL);
  await deleteImage(access, id);
}

/** Cycles (or whatever is done) by so many clients at once, each with one after the other. */
export async function cyclesFor(
  work: (access: Access) => Promise<unknown>,
  access: Access,
  { atOnce, seconds }: { atOnce: number; seconds: number },
): Promise<Rate> {
  const latencies: number[] = [];
  // Those that were kept may have been closed meanwhile.
  keptConnections.destroy();
  const started = performance.now();
  const end = started + seconds * 1000;
  const oneAfterTheOther = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      await work(access);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, oneAfterTheOther));
  return rateOf(latencies, (performance.now() - started) / 1000);
}

/** A table of cycles, one after the other and sixteen at once. */
export async function cycles(effort: Effort): Promise<Section> {
  await using product = await Product.start(effort.dir);
  const access = await product.access();
  await cyclesFor(cycle, access, { atOnce: 16, seconds: 1 });
  const rows: string[][] = [];
  for (const atOnce of [1, 16]) {
    const { seconds } = effort;
    const runs = await repeat(effort.runs, () => cyclesFor(cycle, access, { atOnce, seconds }));
    rows.push([String(atOnce), ...rateCells(runs, 1)]);
  }
  return {
    title: "Create, upload 1 MiB, delete",
    columns: ["at once", "cycles/s", "p50 ms", "p99 ms"],
    rows,
  };
}
