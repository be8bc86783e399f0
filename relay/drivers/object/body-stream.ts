import { type Piece, pieceOf } from "../../../src/stores/http-body.ts";
import { inTime } from "../../../src/stores/in-time.ts";
import type { BodySource } from "./object-reads.ts";

const READ_BYTES = 256 * 1024;

/** What is behind the streams that are made here, for a reader who knows better than to read a stream of a stream. */
const sources = new WeakMap<ReadableStream<Uint8Array>, BodySource>();

/** All of a body. A byte stream: who brings buffers of his own has it read into them. */
export function streamOf(source: BodySource): ReadableStream<Uint8Array> {
  const stream = byteStream((into) => source.read(into), source);
  sources.set(stream, source);
  return stream;
}

/** `pieceOf`, without a second stream where it can be. */
export function pieceIn(body: ReadableStream<Uint8Array> | null, piece: Piece): ReadableStream<Uint8Array> {
  const source = body && sources.get(body);
  const { failure, idleSeconds, length, skip } = piece;
  if (!source || skip > 0 || failure === undefined) return pieceOf(body, piece);
  let left = length;
  const read = async (into: Uint8Array): Promise<number> => {
    if (left === 0) return 0;
    try {
      const bytes = await inTime(idleSeconds, () => source.read(into.subarray(0, left)));
      if (bytes === 0) throw new Error(`the body ended ${left} bytes early`);
      left -= bytes;
      return bytes;
    } catch (error) {
      throw failure(error);
    }
  };
  return byteStream(read, source, () => left === 0);
}

/** A stream of what `read` gives, until that is nothing; `isWhole` may know it earlier. */
function byteStream(
  read: (into: Uint8Array) => Promise<number>,
  source: BodySource,
  isWhole = () => false,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const view = controller.byobRequest?.view;
      const into = view
        ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
        : new Uint8Array(READ_BYTES);
      let bytes: number;
      try {
        bytes = await read(into);
      } catch (error) {
        source.end();
        throw error;
      }
      if (bytes > 0 && view) controller.byobRequest?.respond(bytes);
      else if (bytes > 0) controller.enqueue(into.subarray(0, bytes));
      if (bytes > 0 && !isWhole()) return;
      controller.close();
      // What waits for bytes that do not come is told so.
      controller.byobRequest?.respond(0);
      source.end();
    },
    cancel: () => source.end(),
  });
}
