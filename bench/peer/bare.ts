/** How often a small answer comes through two processes that do nothing else: what a relay and a worker can be beside. */
import type { Effort } from "../effort.ts";
import { repeat } from "../figures.ts";
import { Forked } from "../forked.ts";
import { load } from "../load.ts";
import { rateComparisons, told } from "./comparison.ts";

const SERVER = new URL("bare-server.ts", import.meta.url);

/** Rows of two bare Node servers in a row. */
export async function bareRows({ runs, seconds, connections }: Effort): Promise<string[][]> {
  await using behind = await Forked.start(SERVER);
  await using before = await Forked.start(SERVER, behind.url);
  const rows: string[][] = [];
  for (const many of connections) {
    const asked = { url: before.url, headers: {}, paths: ["/"], connections: many, seconds };
    const ours = await repeat(runs, () => load(asked));
    const what = `two Node servers in a row that do nothing × ${many}`;
    const row = { what, unit: "requests/s", limit: "this machine" };
    rows.push(...told(rateComparisons(row, { ours, theirs: [] }, [])));
  }
  return rows;
}
