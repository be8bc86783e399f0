import { Readable, type Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { LentBytes } from "./lent-bytes.ts";
import type { Bytes } from "./steadily.ts";
import { WhenIdle } from "./when-idle.ts";

/** One buffer is read into while the others are being sent. */
const BUFFERS = 3;
const BUFFER_BYTES = 512 * 1024;
/** Spare buffers kept for later use, shared by all downloads. */
const SPARE_BUFFERS = 24;

const spare: ArrayBufferLike[] = [];
const unused = new WhenIdle(() => spare.splice(0));

/**
 * Writes all of it and ends the answer. A byte stream is read into a few buffers that are reused: new buffers cost the
 * kernel as much work as the copying. Rejects when either side fails, after giving up both.
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
      most: 1,
      next: async () => (await reader.read()).value,
      back: body.giveBack,
    });
  }
  const reader = byobReaderOf(body);
  if (!reader) return pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), out);
  const free: ArrayBufferLike[] = [];
  await chunksOut(reader, out, {
    most: BUFFERS,
    next: async () => {
      const buffer = free.pop() ?? spare.pop() ?? new ArrayBuffer(BUFFER_BYTES);
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done && value) free.push(value.buffer);
      return done ? undefined : value;
    },
    back: ({ buffer }) => free.push(buffer),
  });
  spare.push(...free.slice(0, SPARE_BUFFERS - spare.length));
  unused.idle();
}

interface Chunks {
  /** How many may be under way. */
  readonly most: number;
  readonly next: () => Promise<Uint8Array | undefined>;
  /** Called with each chunk that the kernel has taken. One whose write failed must not be used again. */
  readonly back: (chunk: Uint8Array) => unknown;
}

async function chunksOut(
  reader: Pick<ReadableStreamBYOBReader, "cancel">,
  out: Writable,
  { back, most, next }: Chunks,
): Promise<void> {
  let underWay = 0;
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
      underWay++;
      out.write(chunk, (error) => {
        // If the write failed, `out` reports why.
        if (error) return;
        underWay--;
        back(chunk);
        wake();
      });
      while (underWay === most && !failed)
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
