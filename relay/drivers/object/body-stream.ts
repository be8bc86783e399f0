import { ServiceError } from "../../../src/domain/errors.ts";
import { withTimeout } from "../../../src/outbound/timeout.ts";
import { type Piece, pieceOf } from "../../../src/stores/http-body.ts";
import type { Joined, JoinedPart } from "../../../src/stores/platform.ts";
import type { BodySource } from "./object-reads.ts";

const READ_BYTES = 256 * 1024;

/** The source behind each stream made here, so that a reader need not stack a stream on a stream. */
const sources = new WeakMap<ReadableStream<Uint8Array>, BodySource>();

/** The whole body as a byte stream: a reader that brings its own buffers has the body read into them. */
export function streamOf(source: BodySource): ReadableStream<Uint8Array> {
  const stream = byteStream((into) => source.read(into), source);
  sources.set(stream, source);
  return stream;
}

/** `pieceOf`, without a second stream where possible. */
export function pieceIn(body: ReadableStream<Uint8Array> | null, piece: Piece): ReadableStream<Uint8Array> {
  const source = body && sources.get(body);
  const { failure, idleSeconds, length, skip } = piece;
  if (!source || skip > 0 || failure === undefined) return pieceOf(body, piece);
  let left = length;
  const read = async (into: Uint8Array): Promise<number> => {
    if (left === 0) return 0;
    try {
      const bytes = await withTimeout(idleSeconds, () => source.read(into.subarray(0, left)));
      if (bytes === 0) throw new Error(`the body ended ${left} bytes early`);
      left -= bytes;
      return bytes;
    } catch (error) {
      throw failure(error);
    }
  };
  return byteStream(read, source, () => left === 0);
}

/**
 * The next answer is requested when this much of the current one is left, because an answer takes some milliseconds.
 * Not earlier: a server gives up a client that reads nothing for a minute, and at a client's slowest allowed pace
 * (pace.ts) this much takes half of that.
 */
const AHEAD_BYTES = 2 * 1024 * 1024;

/**
 * The bodies of several answers as one. The first is requested at once, each later one before the end of the one before
 * it.
 */
export function join(
  parts: readonly JoinedPart[],
  { failure, idleSeconds }: Joined,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const opened = parts.map(() => undefined as Promise<BodySource> | undefined);
  const open = (at: number): Promise<BodySource> | undefined => {
    opened[at] ??= parts[at]?.open(stop.signal).then(sourceOf);
    // The reader gets the failure once it reaches this body.
    opened[at]?.catch(() => {});
    return opened[at];
  };
  let at = 0;
  let left = parts[0]?.length ?? 0;
  open(at);
  const read = async (into: Uint8Array): Promise<number> => {
    try {
      const source = await open(at);
      if (!source) return 0;
      const bytes = await withTimeout(idleSeconds, () => source.read(into.subarray(0, left)));
      if (bytes === 0) throw new Error(`the body ended ${left} bytes early`);
      left -= bytes;
      if (left === 0) {
        opened[at++] = undefined;
        left = parts[at]?.length ?? 0;
      } else if (left <= AHEAD_BYTES) open(at + 1);
      return bytes;
    } catch (error) {
      throw error instanceof ServiceError ? error : failure(error);
    }
  };
  const end = () => {
    stop.abort();
    for (const source of opened) source?.then((each) => each.end()).catch(() => {});
  };
  return byteStream(read, { end }, () => at === parts.length);
}

/** The source behind an answer of known length. */
function sourceOf(body: ReadableStream<Uint8Array>): BodySource {
  const source = sources.get(body);
  if (!source) throw new Error("the answer does not tell how long it is");
  return source;
}

/** A stream of what `read` returns, until that is nothing. `isWhole` may know the end earlier. */
function byteStream(
  read: (into: Uint8Array) => Promise<number>,
  source: Pick<BodySource, "end">,
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
      // Tells a pending read that no more bytes come.
      controller.byobRequest?.respond(0);
      source.end();
    },
    cancel: () => source.end(),
  });
}
