import { Readable, type Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { COPY_BUFFERS, CopyBuffers } from "./copy-buffers.ts";
import { LentBytes } from "./lent-bytes.ts";
import type { Bytes } from "./steadily.ts";

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
      most: 1,
      next: async () => (await reader.read()).value,
      back: body.giveBack,
    });
  }
  const reader = byobReaderOf(body);
  if (!reader) return pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), out);
  using buffers = new CopyBuffers();
  await chunksOut(reader, out, {
    most: COPY_BUFFERS,
    next: async () => {
      const { done, value } = await reader.read(new Uint8Array(buffers.take()));
      if (done && value) buffers.giveBack(value.buffer);
      return done ? undefined : value;
    },
    back: ({ buffer }) => buffers.giveBack(buffer),
  });
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
