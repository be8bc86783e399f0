/**
 * How fast do bytes go in and out, alone and eight images at once?
 *
 * Uploads do not announce their length, as glanceclient's do not, and are timed until the image is active: hashed,
 * written, synced and in the catalogue. Downloads come out of the page cache: the first, which may have to bring the bytes
 * there, is not counted. Next to each figure stands where the processor time went; the client shares the machine. By both
 * ways: through the front door the bytes of the `file` store do not cross the worker.
 */
import { mibPerSecond } from "./bytes.ts";
import { amount, type Effort, inMiB } from "./effort.ts";
import { figure, repeat } from "./figures.ts";
import { createImage, deleteImage, download, upload } from "./images.ts";
import { type CpuSeconds, Product, type Way } from "./product.ts";
import type { Section } from "./table.ts";

const WAYS: readonly Way[] = ["front door", "direct"];

interface Timed {
  /** MiB/s. */
  readonly speed: number;
  /** For a GiB. */
  readonly cpu: CpuSeconds | undefined;
}

interface InAndOut {
  readonly up: Timed;
  readonly down: Timed;
}

/** So many images at once: up, down twice, and deleted. */
export async function inAndOut(
  product: Product,
  { store, way, count, bytes }: { store: string; way: Way; count: number; bytes: number },
): Promise<InAndOut> {
  const access = await product.access(way);
  const ids = await Promise.all(Array.from({ length: count }, () => createImage(access)));
  const withAll = (work: (id: string) => Promise<void>) => Promise.all(ids.map(work));
  const up = await timed(product, count * bytes, () => withAll((id) => upload(access, id, { bytes, store })));
  const fetched = () => withAll((id) => download(access, id, { bytes }));
  await fetched();
  const down = await timed(product, count * bytes, fetched);
  await withAll((id) => deleteImage(access, id));
  return { up, down };
}

async function timed(product: Product, bytes: number, work: () => Promise<unknown>): Promise<Timed> {
  const before = product.cpuSeconds();
  const speed = await mibPerSecond(bytes, work);
  const after = product.cpuSeconds();
  const gib = inMiB(bytes) / 1024;
  const cpu = before &&
    after && {
      worker: (after.worker - before.worker) / gib,
      relay: (after.relay - before.relay) / gib,
      client: (after.client - before.client) / gib,
    };
  return { speed, cpu };
}

/** Of a table of transfers. */
export const COLUMNS = ["transfer", "way", "MiB/s", "CPU s/GiB: worker", "relay", "client"];

/** Cells of `COLUMNS`. */
export function row(what: string, way: Way, runs: readonly Timed[]): string[] {
  const cpu = (program: keyof CpuSeconds) => {
    const values = runs.flatMap((run) => (run.cpu ? [run.cpu[program]] : []));
    return values.length > 0 ? figure(values, 1) : "–";
  };
  return [what, way, figure(runs.map((run) => run.speed)), cpu("worker"), cpu("relay"), cpu("client")];
}

/** A table of transfers into the stores that need no other server, and out of them. */
export async function transfer(effort: Effort): Promise<Section> {
  await using product = await Product.start(effort.dir);
  const kinds = [
    { store: "file", count: 1, bytes: effort.alone },
    { store: "file", count: 8, bytes: effort.together },
    { store: "r2", count: 1, bytes: effort.r2Alone },
    { store: "r2", count: 8, bytes: effort.r2Together },
  ].flatMap((kind) => WAYS.map((way) => ({ ...kind, way })));
  for (const way of WAYS) await inAndOut(product, { store: "file", way, count: 2, bytes: effort.r2Together });
  const rows: string[][] = [];
  for (const kind of kinds) {
    const runs = await repeat(effort.runs, () => inAndOut(product, kind));
    const what = `${amount(kind)}, store ${kind.store}`;
    const ups = runs.map((run) => run.up);
    const downs = runs.map((run) => run.down);
    rows.push(row(`upload ${what}`, kind.way, ups), row(`download ${what}`, kind.way, downs));
  }
  return {
    title: "Upload and download",
    note: "`r2` is a slow simulator here, so its images are smaller; on Cloudflare it is R2.",
    columns: COLUMNS,
    rows,
  };
}
