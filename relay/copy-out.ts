import { Readable, type Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { LentBytes } from "./lent-bytes.ts";
import type { Bytes } from "./steadily.ts";

/** One is read into while the others are on their way out. */
const BUFFERS = 3;
const BUFFER_BYTES = 512 * 1024;
/** Kept for the next ones, of all downloads together. */
const SPARE_BUFFERS = 24;

const spare: ArrayBufferLike[] = [];

/**
 * Writes all of it and ends the answer. Bytes of a byte stream go through few buffers that are used again and again: new
 * ones are as much work for the kernel as the copying. Rejects when either side fails, and gives up both.
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
      // Where it failed the end of `out` says why.
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

/** A chunk goes back when the kernel has it, and only then is there a next one: what lends them reads ahead. */
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
        // Where it failed the end of `out` says why.
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
    return undefined; // It brings its own buffers.
  }
}

/** Of one download. What went wrong in the middle of a write is nobody's to use again. */
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

  /** All have come back. */
  release(): void {
    spare.push(...this.#free.slice(0, SPARE_BUFFERS - spare.length));
  }
}
