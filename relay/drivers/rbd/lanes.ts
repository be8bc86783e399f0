import type { OrderName } from "./messages.ts";

/** Calls that run at once: of those that carry bytes, of those that take their time, of all others. */
const WIDTH = { bytes: 4, slow: 2, quick: 4 } as const;
type LaneName = keyof typeof WIDTH;

const LANE: { readonly [N in OrderName]?: LaneName } = {
  read: "bytes",
  write: "bytes",
  removeImage: "slow",
};

/**
 * Lets so many orders run at once, in the order in which they came. What waits here has not been sent: so many blocks are
 * in the child's memory at most, and a long removal holds up no one who reads.
 */
export class Lanes {
  readonly #free: Record<LaneName, number> = { ...WIDTH };
  readonly #queue: Record<LaneName, (() => void)[]> = { bytes: [], slow: [], quick: [] };

  async run<T>(name: OrderName, work: () => Promise<T>): Promise<T> {
    const lane = LANE[name] ?? "quick";
    if (this.#free[lane] > 0) this.#free[lane]--;
    else await new Promise<void>((resolve) => this.#queue[lane].push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#queue[lane].shift();
      if (next) next();
      else this.#free[lane]++;
    }
  }
}
