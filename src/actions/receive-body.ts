import { READ_BYTES } from "../limits.ts";

/** How much of a refused client's body is still read. Past either bound its connection is closed. */
export interface DrainBounds {
  readonly bytes: number;
  readonly seconds: number;
}

type Body = ReadableStream<Uint8Array>;

export interface Reception {
  /** Aborted when the bytes are no longer wanted. */
  readonly signal: AbortSignal;
  readonly drain: DrainBounds;
  /** Called before each piece goes into the sink, which happens once it resolves. */
  readonly admit: (bytes: number) => Promise<void>;
  /** Called after each piece that the sink has taken. */
  readonly progress: () => void;
}

/**
 * Reads a request's body in large pieces into `sink`. If the sink fails or the bytes are no longer wanted, the rest of
 * the body is read and discarded, within bounds, so that a client that is still sending gets the answer: otherwise
 * workerd would close the connection. Rejects only if the client goes away.
 */
export async function receiveBody(
  body: Body,
  sink: WritableStream<Uint8Array>,
  how: Reception,
): Promise<void> {
  const reader = body.getReader({ mode: "byob" });
  const writer = sink.getWriter();
  writer.closed.catch(() => undefined);
  using limit = timeLimit(reader, how.drain);
  const unwanted = () => {
    limit.start();
    writer.abort(how.signal.reason).catch(() => undefined);
  };
  if (how.signal.aborted) unwanted();
  how.signal.addEventListener("abort", unwanted, { once: true });
  let buffer = new ArrayBuffer(READ_BYTES);
  try {
    for (;;) {
      const { done, value } = await reader.readAtLeast(READ_BYTES, new Uint8Array(buffer));
      if (value?.byteLength) {
        const taken = await how
          .admit(value.byteLength)
          .then(() => writer.write(value))
          .then(
            () => true,
            () => false,
          );
        if (!taken) {
          limit.start();
          return await discard(reader, how.drain);
        }
        how.progress();
      }
      if (done || !value) break;
      buffer = value.buffer as ArrayBuffer;
    }
    await writer.close().catch(() => undefined);
  } catch (error) {
    writer.abort(error).catch(() => undefined);
    if (!limit.passed) throw error;
  } finally {
    how.signal.removeEventListener("abort", unwanted);
  }
}

/** Reads a body that was refused before any of it was read. */
export async function discardBody(body: Body | null, drain: DrainBounds): Promise<void> {
  if (!body || body.locked) return;
  const reader = body.getReader({ mode: "byob" });
  using limit = timeLimit(reader, drain);
  limit.start();
  await discard(reader, drain).catch(() => undefined);
}

async function discard(reader: ReadableStreamBYOBReader, drain: DrainBounds): Promise<void> {
  let buffer = new ArrayBuffer(READ_BYTES);
  for (let left = drain.bytes; left > 0; ) {
    const { done, value } = await reader.readAtLeast(READ_BYTES, new Uint8Array(buffer));
    if (done || !value) break;
    left -= value.byteLength;
    buffer = value.buffer as ArrayBuffer;
  }
}

/** Stops reading from a client when the time is up, however little it sends. */
function timeLimit(reader: ReadableStreamBYOBReader, { seconds }: DrainBounds) {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let passed = false;
  const end = () => {
    passed = true;
    reader.cancel().catch(() => undefined);
  };
  return {
    get passed() {
      return passed;
    },
    start() {
      timer ??= setTimeout(end, seconds * 1000);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
