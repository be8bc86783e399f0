import type { OrderName } from "./messages.ts";

/** How many calls run at once: those that carry bytes, slow ones, and all others. */
const WIDTH = { bytes: 4, slow: 2, quick: 4 } as const;
type LaneName = keyof typeof WIDTH;

const LANE: { readonly [N in OrderName]?: LaneName } = {
  read: "bytes",
  write: "bytes",
  removeImage: "slow",
};

/**
 * Limits how many orders run at once, in order of arrival. What waits here has not been sent to the child. So the child
 * holds a limited number of blocks in memory, and a long removal does not delay reads.
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
