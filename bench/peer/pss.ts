/** What the processes of a side hold of the machine's memory. */
import { inMiB } from "../effort.ts";
import { peaksDuring, pssOf } from "../processes.ts";
import type { Comparison } from "./comparison.ts";
import type { Side } from "./sides.ts";

const LIMIT = "what Node and workerd take for themselves (below)";
/** Glance's database and cache are stated apart: others use them too. */
const APART = ["mariadb", "memcached"];
const OURS = ["launcher", "workerd", "relay"];

/** MiB by what they are of, and of all that serve. */
export type Memory = Record<string, number>;

export function memoryOf(side: Side): Memory {
  const parts = Object.entries(side.pids()).map(
    ([name, pids]) => [name, pids.map(pssOf).reduce((a, b) => a + b, 0)] as const,
  );
  const all = parts.filter(([name]) => !APART.includes(name)).reduce((sum, [, bytes]) => sum + bytes, 0);
  return Object.fromEntries([...parts, ["all", all] as const].map(([name, bytes]) => [name, inMiB(bytes)]));
}

/** The most of each while it works. */
export const peakOf = (side: Side, work: () => Promise<unknown>): Promise<Memory> =>
  peaksDuring(() => memoryOf(side), work);

/** Of both what all that serve take, and of each what is in it. */
export function memoryRows(
  what: string,
  memory: Readonly<Record<"ours" | "theirs", readonly Memory[]>>,
): Comparison[] {
  const of = (name: string, side: readonly Memory[]) => side.map((each) => each[name] ?? Number.NaN);
  const part = { unit: "MiB", ours: [], theirs: [] };
  return [
    {
      ...{ what, unit: "MiB", ours: of("all", memory.ours), theirs: of("all", memory.theirs) },
      ...{ less: true, goal: 1, limit: LIMIT },
    },
    ...OURS.map((name) => ({ ...part, what: name, ours: of(name, memory.ours) })),
    ...APART.map((name) => ({ ...part, what: name, theirs: of(name, memory.theirs) })),
  ];
}
