import { ServiceError } from "../domain/errors.ts";
import { READ_BYTES } from "../limits.ts";
import type { PutOptions } from "./contract.ts";

/** workerd's extension of the BYOB reader: waits until this many bytes have arrived, or the stream ends. */
interface LargeReader {
  readAtLeast(bytes: number, view: Uint8Array): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(reason: unknown): Promise<void>;
}

export interface Source {
  /** The next bytes, at least one; undefined at the end. The next call may overwrite them. */
  read(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): Promise<void>;
}

/**
 * The only loop that moves a body: each chunk goes to `write`, which is awaited before the next read and must not keep
 * the chunk. Resolves to the number of bytes. Rejects as `PutOptions` says, with the body's own error, or with that of
 * `write`, after cancelling the body.
 */
export async function pump(
  body: ReadableStream<Uint8Array>,
  opts: Pick<PutOptions, "size" | "maxBytes" | "signal">,
  write: (chunk: Uint8Array) => Promise<unknown> | undefined,
): Promise<number> {
  const { size: promised, maxBytes = Number.POSITIVE_INFINITY, signal } = opts;
  const source = sourceOf(body);
  // A new promise for each step: racing one that lives as long as the upload would keep every chunk in memory.
  let interrupt: (reason: unknown) => void = () => {};
  const step = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      interrupt = reject;
      work.then(resolve, reject);
    });
  const onAbort = () => interrupt(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  let size = 0;
  try {
    if (promised !== undefined && promised > maxBytes) throw tooLarge(maxBytes);
    for (;;) {
      signal?.throwIfAborted();
      const chunk = await step(source.read());
      if (chunk === undefined) break;
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (promised !== undefined && size > promised) throw wrongSize(`more than the ${promised} bytes`);
      const written = write(chunk);
      if (written) await step(written);
    }
    if (promised !== undefined && size < promised) throw wrongSize(`${size} of the ${promised} bytes`);
    signal?.throwIfAborted();
    return size;
  } catch (error) {
    source.cancel(error).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Does `work` for a body. If it rejects before the body is read, the body is cancelled too. */
export async function cancelling<T>(body: ReadableStream<Uint8Array>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!body.locked) body.cancel(error).catch(() => {});
    throw error;
  }
}

const tooLarge = (maxBytes: number) =>
  new ServiceError("tooLarge", `The image data is larger than the ${maxBytes} bytes that are allowed.`);

const wrongSize = (got: string) =>
  new ServiceError("invalid", `The image data has ${got} that were announced.`);

/**
 * workerd's own streams return 4 KiB at a time unless they are given a buffer to fill, or at least this much of it.
 */
export function sourceOf(body: ReadableStream<Uint8Array>, leastBytes = READ_BYTES): Source {
  const large = largeReaderOf(body);
  if (!large) return plainSource(body);
  let buffer = new Uint8Array(READ_BYTES);
  return {
    async read() {
      const { value } = await large.readAtLeast(leastBytes, buffer);
      if (!value || value.byteLength === 0) return undefined;
      buffer = new Uint8Array(value.buffer as ArrayBuffer);
      return value;
    },
    cancel: (reason) => large.cancel(reason),
  };
}

function plainSource(body: ReadableStream<Uint8Array>): Source {
  const reader = body.getReader();
  return {
    async read() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        if (value.byteLength > 0) return value;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function largeReaderOf(body: ReadableStream<Uint8Array>): LargeReader | undefined {
  if (
    typeof ReadableStreamBYOBReader === "undefined" ||
    !("readAtLeast" in ReadableStreamBYOBReader.prototype)
  )
    return undefined;
  try {
    return body.getReader({ mode: "byob" }) as unknown as LargeReader;
  } catch {
    return undefined; // Not a byte stream.
  }
}
