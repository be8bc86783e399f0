/** What the processes of a side hold of the machine's memory. */
import { inMiB } from "../effort.ts";
import { heldBy, heldTogether, peaksDuring, pssTogether } from "../processes.ts";
import { PROGRAMS } from "../product.ts";
import type { Comparison, Pair } from "./comparison.ts";
import type { Side } from "./sides.ts";

/** Glance's database and cache are stated apart: others use them too. */
const APART = ["mariadb", "memcached"];

/** MiB by what they are of, and of all that serve: less than the sum, for they share files. Of the last also by PSS. */
export type Memory = Record<string, number>;

/** What its processes hold now; each is looked at once. */
export function memoryOf(side: Side): Memory {
  const parts = Object.entries(side.pids()).map(
    ([name, pids]) => [name, pids.flatMap((pid) => heldBy(pid) ?? [])] as const,
  );
  const all = parts.filter(([name]) => !APART.includes(name)).flatMap(([, held]) => held);
  return {
    ...Object.fromEntries(parts.map(([name, held]) => [name, inMiB(heldTogether(held))])),
    all: inMiB(heldTogether(all)),
    pss: inMiB(pssTogether(all)),
  };
}

/** The most of each while it works. */
export const peakOf = (side: Side, work: () => Promise<unknown>): Promise<Memory> =>
  peaksDuring(() => memoryOf(side), work);

/** Of both what all that serve take, and of each what is in it. */
export function memoryRows(what: string, limit: string, memory: Pair<readonly Memory[]>): Comparison[] {
  const of = (name: string, side: readonly Memory[]) => side.map((each) => each[name] ?? Number.NaN);
  const part = { unit: "MiB", ours: [], theirs: [] };
  return [
    {
      ...{ what, unit: "MiB", ours: of("all", memory.ours), theirs: of("all", memory.theirs) },
      ...{ less: true, goal: 1, limit },
    },
    {
      ...part,
      what: "the same by PSS",
      ours: of("pss", memory.ours),
      theirs: of("pss", memory.theirs),
      ...{ less: true, goal: 1 },
    },
    ...PROGRAMS.map((name) => ({ ...part, what: name, ours: of(name, memory.ours) })),
    ...APART.map((name) => ({ ...part, what: name, theirs: of(name, memory.theirs) })),
  ];
}
