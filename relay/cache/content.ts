import type { HashAlgo, Range } from "../../src/stores/contract.ts";

/** An image's bytes by what they hash to: whichever image, store and name they have, they are the same. */
export interface Content {
  readonly algo: HashAlgo;
  /** Lower-case hex digits. */
  readonly hash: string;
  readonly size: number;
}

const NAME = /^sha(?:256|384|512)-[0-9a-f]{64,128}$/;

/** The file that keeps it; undefined for a hash that is none, which would be no name either. */
export function nameOf({ algo, hash }: Content): string | undefined {
  const name = `${algo}-${hash}`;
  return NAME.test(name) ? name : undefined;
}

export const isName = (name: string): boolean => NAME.test(name);

/** First byte, and the one after the last. */
export function boundsOf(range: Range | undefined, size: number): { start: number; end: number } {
  return { start: range?.start ?? 0, end: Math.min(range?.end ?? size - 1, size - 1) + 1 };
}
