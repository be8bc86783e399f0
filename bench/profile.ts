/**
 * What do the worker and the relay do with their time while they are asked for one kind of work?
 *
 * V8 looks every half millisecond at what their main threads do. What a function waits for on its thread, the disk that a
 * statement is synced to among it, counts as its own.
 */
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../launcher/ports.ts";
import type { Access } from "./ask.ts";
import { STOCK_PIECE } from "./bytes.ts";
import { cycle, cyclesFor } from "./cycles.ts";
import type { Effort } from "./effort.ts";
import { createImage, deleteImage, download, uploaded } from "./images.ts";
import { load } from "./load.ts";
import { FILE_STORE, Product } from "./product.ts";
import { type Costs, Profiler } from "./profiler.ts";
import { requestKinds } from "./request-kinds.ts";
import { Servers, type Stores } from "./store-servers.ts";
import type { Section } from "./table.ts";

const IMAGES = 1_000;
const CONNECTIONS = 16;
const CLIENTS = 8;
/** Where Node's inspector listens when it is asked for by a signal. */
const NODE_INSPECTOR = 9229;
const INSPECTOR_OPENS_MILLISECONDS = 500;
const DEAREST = 6;
const STORES = [FILE_STORE.id, "ceph", "s3", "swift"];
const MIB = 1024 * 1024;

/** Prepares what it needs; resolves with what is done meanwhile. */
type Work = (access: Access, effort: Effort) => Promise<() => Promise<unknown>>;

const asking =
  (what: string): Work =>
  async (access, { seconds }) => {
    const { paths = [] } = requestKinds(IMAGES).find((kind) => kind.what === what) ?? {};
    return () => load({ ...access, paths, connections: CONNECTIONS, seconds });
  };

const clients =
  (work: (access: Access) => Promise<unknown>): Work =>
  async (access, { seconds }) =>
  () =>
    cyclesFor(work, access, { atOnce: CLIENTS, seconds });

const filling =
  (store: string): Work =>
  async (access, { alone }) =>
  async () =>
    deleteImage(access, await uploaded(access, { bytes: alone, pieceBytes: STOCK_PIECE, store }));

/** Of one image, over and over. */
const fetching =
  (store: string, part?: { bytes: number; range: string }): Work =>
  async (access, { together, seconds }) => {
    const id = await uploaded(access, { bytes: together, pieceBytes: STOCK_PIECE, store });
    const fetched = () => download(access, id, part ?? { bytes: together });
    return () => cyclesFor(fetched, access, { atOnce: 1, seconds });
  };

const WORKS: Readonly<Record<string, Work>> = {
  [`show × ${CONNECTIONS}`]: asking("show"),
  [`list, of pages in turn × ${CONNECTIONS}`]: asking("list, of pages in turn"),
  [`create × ${CLIENTS}`]: clients(createImage),
  [`create, upload 1 MiB, delete × ${CLIENTS}`]: clients(cycle),
  ...Object.fromEntries(STORES.map((store) => [`upload, store ${store}`, filling(store)])),
  ...Object.fromEntries(STORES.map((store) => [`download, store ${store}`, fetching(store)])),
  "ranges of 1 MiB": fetching(FILE_STORE.id, { bytes: MIB, range: `bytes=${MIB}-${2 * MIB - 1}` }),
};

const percent = (share: number) => `${Math.round(share * 100)} %`;

const cells = ({ busy, costs }: Costs): string[] => [
  percent(busy),
  costs
    .slice(0, DEAREST)
    .map(({ what, share }) => `${what} ${percent(share)}`)
    .join(", "),
];

/** The product with both inspectors open, and its profilers. */
async function startProfiled(
  dir: string,
  { ours, secrets }: Stores,
): Promise<{ product: Product; profilers: Record<string, Profiler> }> {
  const port = await freePort();
  process.env.GLIMPSE_WORKER_INSPECTOR = `127.0.0.1:${port}`;
  Object.assign(process.env, secrets);
  const settings = { stores: [FILE_STORE, ...ours] };
  const product = await Product.start(dir, { settings, logLevel: "warn" });
  await product.seed(IMAGES);
  process.kill(product.service.pid("relay"), "SIGUSR1");
  await wait(INSPECTOR_OPENS_MILLISECONDS);
  const [worker, relay] = [await Profiler.at(port), await Profiler.at(NODE_INSPECTOR)];
  return { product, profilers: { worker, relay } };
}

/** A table of what took the most time, by work and program. */
export async function profile(effort: Effort): Promise<Section> {
  await using servers = await Servers.start(effort.dir);
  const { product, profilers } = await startProfiled(effort.dir, servers.stores);
  await using _ = product;
  const access = await product.access();
  const rows: string[][] = [];
  for (const [what, prepare] of Object.entries(WORKS)) {
    const work = await prepare(access, effort);
    await work();
    for (const profiler of Object.values(profilers)) await profiler.start();
    await work();
    for (const [program, profiler] of Object.entries(profilers))
      rows.push([what, program, ...cells(await profiler.stop())]);
  }
  for (const profiler of Object.values(profilers)) profiler[Symbol.dispose]();
  return {
    title: "What the worker and the relay do with their time",
    note: `Shares of the time in which a main thread did anything, and that time beside all. “(program)” is native code outside of any function. Of catalogues of ${IMAGES} images.`,
    columns: ["work", "program", "busy", "dearest by themselves"],
    rows,
  };
}
