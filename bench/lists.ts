/**
 * How long does one image take, and a list of 25 of whatever kind, and is it longer with a million images than with a
 * thousand?
 *
 * One request after the other, each after a write, so that none is answered from a copy; to the worker's own socket, as an
 * administrator and as a member of a project that sees most of the catalogue and was given a tenth of it. "Deep" pages
 * begin in the middle, each time at another image, as shows do.
 */
import { grantRole, roles, users } from "../client/identity.ts";
import { type Access, ask, millisecondsOf } from "./ask.ts";
import type { Effort } from "./effort.ts";
import { milliseconds, type Rate, rateOf, spreadOf } from "./figures.ts";
import { createImage } from "./images.ts";
import { cpuSecondsNow } from "./processes.ts";
import { Product } from "./product.ts";
import { type Read, readsOf } from "./reads.ts";
import type { Section } from "./table.ts";

const SIZES = [1_000, 100_000, 1_000_000];
/** However slow, so many requests are measured. */
const AT_LEAST = 5;

interface Measured extends Rate {
  /** Milliseconds of the worker's processor time for a request: what a busy machine does not change. */
  readonly cpu: number;
}

/** A product whose catalogue is full, and who asks it. */
interface Filled {
  readonly product: Product;
  readonly images: number;
  readonly personas: Readonly<Record<"admin" | "member", Access>>;
  /** Writes, to an image that no list shows. */
  readonly write: () => Promise<void>;
}

async function measured(
  { product, write }: Filled,
  { paths, access, seconds }: Pick<Read, "paths"> & { access: Access; seconds: number },
): Promise<Measured> {
  const [first = ""] = paths;
  await millisecondsOf(access, first);
  const worker = product.service.pid("worker");
  const values: number[] = [];
  let spent = 0;
  const until = performance.now() + seconds * 1000;
  for (let n = 0; n < AT_LEAST || performance.now() < until; n++) {
    await write();
    const before = cpuSecondsNow(worker);
    values.push(await millisecondsOf(access, paths[n % paths.length] ?? first));
    spent += cpuSecondsNow(worker) - before;
  }
  const rate = rateOf(values, values.reduce((sum, each) => sum + each, 0) / 1000);
  return { ...rate, cpu: (spent * 1000) / values.length };
}

/** The token of a member of the administrator's project who is no more than that. */
async function memberToken(product: Product): Promise<string> {
  const administrator = product.administrator();
  const member = { name: "bench", password: "a member of the bench" };
  const { id: userId } = await users.create(administrator, member);
  const { id: roleId } = await roles.find(administrator, "member");
  await grantRole(administrator, { userId, projectId: await product.projectId(), roleId });
  return product.service.login(member.name, member.password);
}

async function filled(product: Product, images: number): Promise<Filled> {
  process.stderr.write(`  a catalogue of ${images} images ...\n`);
  await product.seed(images);
  const admin = await product.access("direct");
  const member = { ...admin, headers: { "x-auth-token": await memberToken(product) } };
  return { product, images, personas: { admin, member }, write: await writing(admin) };
}

async function writing(admin: Access): Promise<() => Promise<void>> {
  const id = await createImage(admin, { os_hidden: true });
  let writes = 0;
  return async () => {
    await ask(admin, writes++ % 2 === 0 ? "PUT" : "DELETE", `/v2/images/${id}/tags/written`);
  };
}

/** Nothing takes longer by more than a fifth where there are a thousand times as many. */
export const MILLION_GOAL = 1 / 1.2;

/** How the largest catalogue's rate is beside the smallest's. */
function ratioCells(sizes: readonly (readonly Measured[])[]): string[] {
  const [few, many] = [sizes[0], sizes.at(-1)].map(
    (runs = []) => spreadOf(runs.map(({ p50 }) => 1 / p50)).median,
  ) as [number, number];
  const ratio = many / few;
  return [ratio.toFixed(2), ratio >= MILLION_GOAL ? "met" : "missed"];
}

/** Of one size, without the spread: three sizes beside one another are wide enough. */
const cells = (runs: readonly Measured[]): string[] => {
  const median = (of: (run: Measured) => number) => spreadOf(runs.map(of)).median;
  return [
    Math.round(median((run) => run.perSecond)).toLocaleString("en"),
    milliseconds(runs.map((run) => run.p50)),
    milliseconds(runs.map((run) => run.cpu)),
  ];
};

/** A table of shows and of all kinds of lists, by the size of the catalogue. */
export async function lists(effort: Effort): Promise<Section> {
  const sizes = effort.images === undefined ? SIZES : [effort.images];
  await using products = new AsyncDisposableStack();
  const catalogues: Filled[] = [];
  for (const images of sizes)
    catalogues.push(await filled(products.use(await Product.start(effort.dir)), images));
  return {
    title: `Show, and lists, with ${sizes.map((images) => images.toLocaleString("en")).join(", ")} images in the catalogue`,
    note: "25 images a page, asked of the worker itself with Glimpse's own identity, one request after the other, each after a write: none is answered from a copy. For each size, for a few tenths of a second a run: requests/s, p50 ms, and ms of the worker's processor for a request; last how the largest catalogue's p50 is beside the smallest's.",
    columns: [
      "request",
      "as",
      ...sizes.flatMap((images) => [images.toLocaleString("en"), "p50", "CPU"]),
      ...["ratio", `≥ ${MILLION_GOAL.toFixed(2)}`],
    ],
    rows: await rowsOf(catalogues, effort),
  };
}

async function rowsOf(catalogues: readonly Filled[], effort: Effort): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [at, { what }] of readsOf(1).entries())
    for (const persona of ["admin", "member"] as const) {
      const runs = catalogues.map((): Measured[] => []);
      // The sizes in turn: what else the machine does falls upon all of them.
      for (let run = 0; run < effort.runs; run++)
        for (const [size, catalogue] of catalogues.entries()) {
          const { paths = [] } = readsOf(catalogue.images)[at] ?? {};
          const access = catalogue.personas[persona];
          runs[size]?.push(await measured(catalogue, { paths, access, seconds: effort.seconds / 10 }));
        }
      rows.push([what, persona, ...runs.flatMap(cells), ...ratioCells(runs)]);
      process.stderr.write(`${rows.at(-1)?.join(" | ")}\n`);
    }
  return rows;
}
