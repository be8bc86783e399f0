import type { UnderlyingSource } from "node:stream/web";

/**
 * Bytes in few pieces of memory that are filled again and again: new memory for all of them is as much work, for the kernel
 * and for V8's collector, as everything else that is done with them. Whoever has done with a chunk may give it back, and
 * whoever keeps it does not (docs/decisions/0037).
 */
export class LentBytes extends ReadableStream<Uint8Array> {
  readonly giveBack: (chunk: Uint8Array) => void;

  constructor(source: UnderlyingSource<Uint8Array>, giveBack: (chunk: Uint8Array) => void) {
    // Nothing is read that nobody asks for.
    super(source, { highWaterMark: 0 });
    this.giveBack = giveBack;
  }
}
