/** How many images are shown and listed in a second, and how long does one take, by both? */
import { seededId } from "../catalogue.ts";
import type { Effort } from "../effort.ts";
import { middleId } from "../list-catalogue.ts";
import { nameOf } from "../lists.ts";
import type { Load } from "../show-list.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, rowOf } from "./comparison.ts";
import { load } from "./load.ts";
import { Both, type Side } from "./sides.ts";

const PEERS_SIZES = [1_000, 10_000, 100_000];
const SPREAD = 200;
const CONNECTIONS = [1, 16, 64];
/** Who takes longer for one answer is asked by one connection alone: 64 of them would wait for minutes. */
const SLOW_SECONDS = 1.5;
const GOALS: Readonly<Record<string, number>> = { "show 1,000": 8, "list 1,000": 10, "list 10,000": 100 };

interface Kind {
  readonly what: string;
  readonly paths: readonly string[];
}

function kinds(images: number): Kind[] {
  const seen = Array.from({ length: SPREAD }, (_, nth) => {
    const ten = Math.floor((nth * images) / SPREAD / 10) * 10;
    return seededId(ten + 3 + (nth % 2));
  });
  const one = Math.floor(images / 20) * 10 + 4;
  const list = (query = "") => `/v2/images?limit=20${query}`;
  return [
    { what: "show", paths: seen.map((id) => `/v2/images/${id}`) },
    { what: "list", paths: [list()] },
    { what: "list by name", paths: [list(`&name=${nameOf(one)}`)] },
    { what: "list by property", paths: [list("&os_distro=debian")] },
    { what: "list by tag", paths: [list("&tag=rare")] },
    {
      what: "list, deep",
      paths: Array.from({ length: 20 }, (_, nth) => list(`&marker=${middleId(images, nth)}`)),
    },
  ];
}

/** The same question gets the same images, or the comparison is none. */
async function checkSameAnswers(both: Both, { what, paths: [path = ""] }: Kind): Promise<void> {
  const [ours, theirs] = await Promise.all(
    [both.ours, both.theirs].map(({ url }) => idsIn(url + path, both.headers)),
  );
  if (ours === "" || ours !== theirs) throw new Error(`${what}: ${path} is not answered alike`);
}

async function idsIn(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const body = (await answer.json()) as { id: string; images?: { id: string }[] };
  return (body.images ?? [body]).map(({ id }) => id).join(" ");
}

async function secondsOfOne(
  side: Side,
  { paths: [path = ""] }: Kind,
  headers: Record<string, string>,
): Promise<number> {
  const started = performance.now();
  await idsIn(side.url + path, headers);
  return (performance.now() - started) / 1000;
}

async function compare(
  both: Both,
  kind: Kind,
  options: { connections: number; seconds: number; runs: number },
) {
  const headers = { ...both.headers };
  const asked = { headers, paths: kind.paths, connections: options.connections };
  const measure = async (side: Side): Promise<Load> => {
    const one = await secondsOfOne(side, kind, headers);
    if (one > SLOW_SECONDS && options.connections > 1)
      return { perSecond: Number.NaN, p50: Number.NaN, p99: Number.NaN };
    return load({ ...asked, url: side.url, seconds: Math.max(options.seconds, Math.ceil(3 * one)) });
  };
  return inTurn(
    options.runs,
    () => measure(both.ours),
    () => measure(both.theirs),
  );
}

function comparisonsOf(what: string, size: string, loads: { ours: Load[]; theirs: Load[] }): Comparison[] {
  const of = (figure: (each: Load) => number) => ({
    ours: loads.ours.map(figure),
    theirs: loads.theirs.map(figure),
  });
  const goal = GOALS[`${what.split(" ×")[0]} ${size}`];
  return [
    {
      what: `${what} of ${size}`,
      unit: "requests/s",
      ...of((each) => each.perSecond),
      ...(goal ? { goal } : {}),
    },
    { what: "", unit: "p50 ms", ...of((each) => each.p50), less: true },
    { what: "", unit: "p99 ms", ...of((each) => each.p99), less: true, goal: 0.2 },
  ];
}

export async function peerShowList(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const rows: string[][] = [];
  for (const images of effort.images === undefined ? PEERS_SIZES : [effort.images]) {
    process.stderr.write(`  a catalogue of ${images} images ...\n`);
    await Promise.all([both.ours.seed(images), both.theirs.seed(images)]);
    for (const kind of kinds(images)) {
      await checkSameAnswers(both, kind);
      for (const connections of CONNECTIONS) {
        const options = { connections, seconds: effort.seconds, runs: effort.runs };
        const loads = await compare(both, kind, options);
        const found = comparisonsOf(`${kind.what} × ${connections}`, images.toLocaleString("en"), loads).map(
          rowOf,
        );
        rows.push(...found);
        process.stderr.write(`${found.map((row) => row.join(" | ")).join("\n")}\n`);
      }
    }
  }
  return {
    title: "Show, and lists of 20, beside Glance",
    note: "“× 16”: by 16 connections. “–”: one answer took over a second and a half, and more than one was not asked for at a time.",
    columns: COLUMNS,
    rows,
  };
}
