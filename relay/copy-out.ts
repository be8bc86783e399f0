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
  if (body instanceof LentBytes) return lentOut(body, out);
  const reader = byobReaderOf(body);
  if (!reader) return pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), out);
  const buffers = new Buffers();
  const ended = finished(out, { readable: false });
  ended.catch((error) => buffers.fail(error));
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(await buffers.take()));
      if (done) {
        if (value) buffers.give(value.buffer);
        break;
      }
      const { buffer } = value;
      // If the write failed, `out` reports why.
      out.write(value, (error) => error || buffers.give(buffer));
    }
    out.end();
    await ended;
    buffers.release();
  } catch (error) {
    reader.cancel(error).catch(() => {});
    out.destroy();
    throw error;
  }
}

/**
 * Returns each chunk to its lender once the kernel has taken it, and only then asks for the next: the lender reads
 * ahead.
 */
async function lentOut(body: LentBytes, out: Writable): Promise<void> {
  const reader = body.getReader();
  const ended = finished(out, { readable: false });
  let end = (_error: unknown): void => {};
  let hasEnded = false;
  ended.catch((error) => {
    hasEnded = true;
    end(error);
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (hasEnded) await ended;
      await new Promise<void>((resolve, reject) => {
        end = reject;
        // If the write failed, `out` reports why.
        out.write(value, (error) => error || resolve());
      });
      body.giveBack(value);
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

/** The buffers of one download. One whose write failed must not be used again. */
class Buffers {
  readonly #free: ArrayBufferLike[] = [];
  #made = 0;
  #awaited: PromiseWithResolvers<ArrayBufferLike> | undefined;
  #error: unknown;

  async take(): Promise<ArrayBufferLike> {
    if (this.#error) throw this.#error;
    const free = this.#free.pop();
    if (free) return free;
    if (this.#made < BUFFERS) {
      this.#made++;
      return spare.pop() ?? new ArrayBuffer(BUFFER_BYTES);
    }
    this.#awaited = Promise.withResolvers();
    return this.#awaited.promise;
  }

  give(buffer: ArrayBufferLike): void {
    if (this.#awaited) this.#awaited.resolve(buffer);
    else this.#free.push(buffer);
    this.#awaited = undefined;
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.#awaited?.reject(error);
  }

  /** All buffers have come back. */
  release(): void {
    spare.push(...this.#free.slice(0, SPARE_BUFFERS - spare.length));
    unused.idle();
  }
}
