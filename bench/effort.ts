const MiB = 1024 * 1024;

/** How much is measured, and where. */
export interface Effort {
  /** Each figure is measured so many times. */
  readonly runs: number;
  /** Images in the catalogue, where not as many as a question has of its own. */
  readonly images: number | undefined;
  /** A folder on the disk that is measured. */
  readonly dir: string;
  /** Of requests or cycles, for each figure of each run. */
  readonly seconds: number;
  /** The same of whoever is too slow to be known by then. */
  readonly slowSeconds: number;
  readonly connections: readonly number[];
  /** An image of a transfer alone, and each of eight at once. */
  readonly alone: number;
  readonly together: number;
  /** The same for the local simulation of R2, which is slow. */
  readonly r2Alone: number;
  readonly r2Together: number;
  /** In and out for the memory of each process, and in each of eight uploads at once. */
  readonly memoryAlone: number;
  readonly memoryTogether: number;
  /** Hashed or written for a ceiling. */
  readonly ceiling: number;
}

type Sizes = Omit<Effort, "runs" | "images" | "dir">;

/** Within 15 minutes. */
export const FULL: Sizes = {
  seconds: 4,
  slowSeconds: 25,
  connections: [1, 16, 64],
  alone: 1024 * MiB,
  together: 512 * MiB,
  r2Alone: 128 * MiB,
  r2Together: 32 * MiB,
  memoryAlone: 4096 * MiB,
  memoryTogether: 512 * MiB,
  ceiling: 1024 * MiB,
};

/** Within two minutes: enough to see that everything is measured, too little to quote. */
export const QUICK: Sizes = {
  seconds: 2,
  slowSeconds: 6,
  connections: [1, 16, 64],
  alone: 256 * MiB,
  together: 64 * MiB,
  r2Alone: 32 * MiB,
  r2Together: 8 * MiB,
  memoryAlone: 512 * MiB,
  memoryTogether: 128 * MiB,
  ceiling: 256 * MiB,
};

/** Where `--runs` does not say. */
export const FULL_RUNS = 3;
export const QUICK_RUNS = 1;

/** `1 GiB`, `256 MiB`. */
export const sizeName = (bytes: number): string =>
  bytes % (1024 * MiB) === 0 ? `${bytes / (1024 * MiB)} GiB` : `${bytes / MiB} MiB`;

/** `1 GiB`, `8 × 512 MiB`. */
export const amount = ({ count, bytes }: { count: number; bytes: number }): string =>
  count === 1 ? sizeName(bytes) : `${count} × ${sizeName(bytes)}`;

/** MiB are what tables tell. */
export const inMiB = (bytes: number): number => bytes / MiB;
