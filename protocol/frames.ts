/**
 * An upload's body as frames: four bytes of length, big-endian, then that many bytes; a length of zero ends it. Chunked
 * encoding alone is not enough: a worker that is cancelled in mid-upload ends its chunked body as if it were complete,
 * and the relay would keep half an image under its final name.
 */
const HEADER_BYTES = 4;
const MAX_FRAME_BYTES = 2 ** 31 - 1;

export const END_FRAME: Uint8Array = new Uint8Array(HEADER_BYTES);

/** The header of a frame of `length` bytes; `length` is not 0. */
export function frameHeader(length: number): Uint8Array {
  if (length < 1 || length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes`);
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, length);
  return header;
}

export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Takes frames apart, wherever the network split them. */
export class FrameReader {
  #left = 0;
  #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #ended = false;

  /** The body's bytes in this chunk, as views of it. Throws `FrameError` for anything after the end. */
  *push(chunk: Uint8Array): Iterable<Uint8Array> {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#ended) throw new FrameError("there are bytes after the end of the body");
      if (this.#left > 0) {
        const piece = chunk.subarray(at, at + this.#left);
        this.#left -= piece.byteLength;
        at += piece.byteLength;
        yield piece;
      } else {
        this.#header[this.#headerBytes++] = chunk[at++] as number;
        if (this.#headerBytes === HEADER_BYTES) this.#open();
      }
    }
  }

  /** Throws `FrameError` if the body stopped before its end. */
  finish(): void {
    if (!this.#ended) throw new FrameError("the body ended before its time");
  }

  #open(): void {
    this.#left = new DataView(this.#header.buffer).getUint32(0);
    this.#headerBytes = 0;
    if (this.#left > MAX_FRAME_BYTES) throw new FrameError("a frame is too large");
    this.#ended = this.#left === 0;
  }
}
