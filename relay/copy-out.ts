import { Readable, type Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { CopyBuffers } from "./copy-buffers.ts";
import { LentBytes } from "./lent-bytes.ts";
import type { Bytes } from "./steadily.ts";

/** Of small ones, each of which lies in a buffer of its own. */
const MOST_CHUNKS = 8;

/**
 * Writes all of it and ends the answer. A byte stream is read into a few buffers in turn. Rejects when either side fails,
 * after giving up both.
 */
export async function copyOut(body: Bytes | Readable | Uint8Array, out: Writable): Promise<void> {
  if (body instanceof Uint8Array) {
    out.end(body);
    return finished(out, { readable: false });
  }
  if (body instanceof Readable) return pipeline(body, out);
  if (body instanceof LentBytes) {
    const reader = body.getReader();
    // The lender reads ahead: it is asked for the next chunk once it has this one back.
    return chunksOut(reader, out, {
      most: 0,
      next: async () => (await reader.read()).value,
      back: body.giveBack,
    });
  }
  const reader = byobReaderOf(body);
  if (!reader) return pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), out);
  using buffers = new CopyBuffers();
  await chunksOut(reader, out, {
    most: buffers.bytes,
    next: async () => {
      const { done, value } = await reader.read(new Uint8Array(buffers.take()));
      if (done && value) buffers.giveBack(value.buffer);
      return done ? undefined : value;
    },
    back: ({ buffer }) => buffers.giveBack(buffer),
  });
}

interface Chunks<Chunk extends Uint8Array> {
  /** How many bytes may be under way when the next are read: of small chunks several. */
  readonly most: number;
  readonly next: () => Promise<Chunk | undefined>;
  /** Called with each chunk that the kernel has taken. One whose write failed must not be used again. */
  readonly back: (chunk: Chunk) => unknown;
}

async function chunksOut<Chunk extends Uint8Array>(
  reader: Pick<ReadableStreamBYOBReader, "cancel">,
  out: Writable,
  { back, most, next }: Chunks<Chunk>,
): Promise<void> {
  let underWay = 0;
  let chunks = 0;
  let failed = false;
  let wake = (): void => {};
  const ended = finished(out, { readable: false });
  ended.catch(() => {
    failed = true;
    wake();
  });
  try {
    for (;;) {
      const chunk = await next();
      if (!chunk || failed) break;
      underWay += chunk.byteLength;
      chunks++;
      out.write(chunk, (error) => {
        // If the write failed, `out` reports why.
        if (error) return;
        underWay -= chunk.byteLength;
        chunks--;
        back(chunk);
        wake();
      });
      while ((underWay > most || chunks === MOST_CHUNKS) && !failed)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (failed) break;
    }
    out.end();
    await ended;
  } catch (error) {
    reader.cancel(error).catch(() => {});
    out.destroy();
    throw error;
  }
}

function byobReaderOf(body: Bytes): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined; // Not a byte stream: it brings its own buffers.
  }
}
