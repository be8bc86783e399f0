import type { FileHandle } from "node:fs/promises";
import { writeAll } from "../write-all.ts";

/** Glance's unit: a stretch of this many zeros is left out of the file, and still reads as zeros. */
const PIECE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Writes the bytes that are not zero. The caller sets the file's length at the end. */
export async function writeSparse(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (const { start, end } of stretchesOfData(bytes))
    await writeAll(file, bytes.subarray(start, end), position + start);
}

/** The stretches that are not all zeros, found in pieces of the length of `zeros`. */
export function* stretchesOfData(bytes: Uint8Array, zeros: Buffer = ZEROS): Iterable<Stretch> {
  let start: number | undefined;
  for (let at = 0; at < bytes.byteLength; at += zeros.byteLength) {
    const piece = bytes.subarray(at, at + zeros.byteLength);
    const zero = Buffer.compare(piece, zeros.subarray(0, piece.byteLength)) === 0;
    if (!zero) start ??= at;
    else if (start !== undefined) {
      yield { start, end: at };
      start = undefined;
    }
  }
  if (start !== undefined) yield { start, end: bytes.byteLength };
}
