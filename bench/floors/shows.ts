/**
 * How often can an image be shown, and how soon, where neither of the two programs in a row does anything for it? A Node before
 * a worker, as the relay stands before ours.
 */
import type { Effort } from "../effort.ts";
import { rateCells, repeat } from "../figures.ts";
import { Forked } from "../forked.ts";
import { load } from "../load.ts";
import type { Section } from "../table.ts";
import { BareWorkerd } from "./bare.ts";

const PROXY = new URL("../peer/bare-server.ts", import.meta.url);

/** A table of shows through two programs that do nothing. */
export async function showFloors({ dir, runs, seconds, connections }: Effort): Promise<Section> {
  await using worker = await BareWorkerd.start(dir);
  await using proxy = await Forked.start(PROXY, worker.url);
  const rows: string[][] = [];
  for (const many of connections) {
    const asked = { url: proxy.url, headers: {}, paths: ["/image"], connections: many, seconds };
    rows.push([String(many), ...rateCells(await repeat(runs, () => load(asked)))]);
  }
  return {
    title: "Floors of a show: a bare Node proxy before a bare worker",
    note: "1 kB, the same each time.",
    columns: ["connections", "requests/s", "p50 ms", "p99 ms"],
    rows,
  };
}
