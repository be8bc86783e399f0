import type { UnderlyingSource } from "node:stream/web";

/**
 * A stream whose chunks lie in a few pieces of memory that are reused: new memory for every chunk costs the kernel and
 * V8's collector as much as everything else that is done with the bytes. A reader that is done with a chunk may give it
 * back; one that keeps the chunk does not (docs/decisions/0037-memory-that-is-read-into-again.md).
 */
export class LentBytes extends ReadableStream<Uint8Array> {
  readonly giveBack: (chunk: Uint8Array) => void;

  constructor(source: UnderlyingSource<Uint8Array>, giveBack: (chunk: Uint8Array) => void) {
    // Nothing is read before somebody asks for it.
    super(source, { highWaterMark: 0 });
    this.giveBack = giveBack;
  }
}
