/** Bodies for tests of whatever takes image data. */

/** Bytes that differ from one another and from one `seed` to the next. */
export function bytesOf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed * 2654435761;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The bytes as a stream, cut into pieces that fit no power of two. */
export function streamOf(bytes: Uint8Array, pieceBytes = 50_001): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.byteLength) controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
      if (at >= bytes.byteLength) controller.close();
    },
  });
}

/** Breaks after so many bytes. */
export function streamFailingAfter(size: number, error: Error): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.error(error);
      controller.enqueue(bytesOf(Math.min(left, 50_001)));
      left -= 50_001;
    },
  });
}

/** A body whose rest comes when the test says so. */
export interface HeldStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the reader wants more than the first bytes. */
  readonly reached: Promise<void>;
  /** Sends the rest and ends the body. */
  resume(): void;
  /** Resolves when the reader has given the body up. */
  readonly cancelled: Promise<unknown>;
}

export function heldStream(first: Uint8Array, rest: Uint8Array): HeldStream {
  const reached = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<unknown>();
  let pulls = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pulls++;
        if (pulls === 1) return controller.enqueue(first);
        reached.resolve();
        await resumed.promise;
        controller.enqueue(rest);
        controller.close();
      },
      cancel: (reason) => cancelled.resolve(reason),
    },
    { highWaterMark: 0 },
  );
  return { body, reached: reached.promise, resume: () => resumed.resolve(), cancelled: cancelled.promise };
}

export async function bytesFrom(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}
