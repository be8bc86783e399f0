import type { HashAlgo, Range } from "../../src/stores/contract.ts";

/**
 * The bytes of one image. The hash tells whether they are right, but not whose they are: it may be an owner's claim
 * about a location (docs/decisions/0023-the-cache-is-by-image.md).
 */
export interface Content {
  /** The image's id. */
  readonly image: string;
  readonly algo: HashAlgo;
  /** Lower-case hex digits. */
  readonly hash: string;
  readonly size: number;
}

const NAME = /^[0-9a-f-]{36}\.sha(?:256|384|512)-[0-9a-f]{64,128}$/;
/** How releases before 0023 named files, shared by all images with those bytes. */
const NAME_OF_BEFORE = /^sha(?:256|384|512)-[0-9a-f]{64,128}$/;

/** The name of the file that keeps it; undefined if the id or the hash is malformed, and so unfit for a name. */
export function nameOf({ image, algo, hash }: Content): string | undefined {
  const name = `${image}.${algo}-${hash}`;
  return NAME.test(name) ? name : undefined;
}

export const isName = (name: string): boolean => NAME.test(name);
export const isNameOfBefore = (name: string): boolean => NAME_OF_BEFORE.test(name);

/** The first byte, and the position after the last. */
export function boundsOf(range: Range | undefined, size: number): { start: number; end: number } {
  return { start: range?.start ?? 0, end: Math.min(range?.end ?? size - 1, size - 1) + 1 };
}
