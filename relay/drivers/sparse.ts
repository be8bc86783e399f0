import type { FileHandle } from "node:fs/promises";

/** Glance's unit: a stretch of so many zeros is left out of the file, and reads as zeros all the same. */
const PIECE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(PIECE_BYTES);

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Writes the bytes that are not zero. The file's length is the caller's to set at the end. */
export async function writeSparse(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (const { start, end } of stretchesOfData(bytes))
    for (let at = start; at < end; )
      at += (await file.write(bytes, at, end - at, position + at)).bytesWritten;
}

/** Where there are other bytes than zeros, in pieces of so many bytes of `zeros`. */
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
