import type { HashAlgo, Range } from "../../src/stores/contract.ts";

/**
 * The bytes of one image. What they hash to tells whether they are right, and never whose they are: it may be what an
 * owner says of a location (docs/decisions/0023-the-cache-is-by-image.md).
 */
export interface Content {
  /** Its id. */
  readonly image: string;
  readonly algo: HashAlgo;
  /** Lower-case hex digits. */
  readonly hash: string;
  readonly size: number;
}

const NAME = /^[0-9a-f-]{36}\.sha(?:256|384|512)-[0-9a-f]{64,128}$/;
/** As releases before 0023 named files, for all images of those bytes. */
const NAME_OF_BEFORE = /^sha(?:256|384|512)-[0-9a-f]{64,128}$/;

/** The file that keeps it; undefined for an id or a hash that is none, which would be no name either. */
export function nameOf({ image, algo, hash }: Content): string | undefined {
  const name = `${image}.${algo}-${hash}`;
  return NAME.test(name) ? name : undefined;
}

export const isName = (name: string): boolean => NAME.test(name);
export const isNameOfBefore = (name: string): boolean => NAME_OF_BEFORE.test(name);

/** First byte, and the one after the last. */
export function boundsOf(range: Range | undefined, size: number): { start: number; end: number } {
  return { start: range?.start ?? 0, end: Math.min(range?.end ?? size - 1, size - 1) + 1 };
}
