import type { Source } from "../stores/pump.ts";

export interface Unbroken {
  /** Open; its first byte has arrived. */
  readonly first: Source;
  readonly length: number;
  /** Opens the bytes from `at` on after a source broke off there. Rejects if the rest cannot be had. */
  readonly reopen: (at: number, error: unknown) => Promise<Source>;
}

/**
 * The bytes of sources that may break, as one stream. If the rest cannot be had, the stream breaks too: it never ends
 * early as if it were complete.
 */
export function unbroken(wanted: Unbroken): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(wanted.length);
  void passOn(wanted, writable.getWriter());
  return readable;
}

/** Never rejects: the reader learns of a failure because the stream breaks. */
async function passOn(
  { first, length, reopen }: Unbroken,
  to: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  let source = first;
  const leave = () => void source.cancel(undefined).catch(() => {});
  // A reader that has gone is noticed by the next write.
  to.closed.catch(() => {});
  try {
    for (let at = 0; at < length; ) {
      const chunk = await next(source, length - at);
      if (chunk instanceof Uint8Array) {
        await to.write(chunk);
        at += chunk.byteLength;
      } else {
        leave();
        source = await reopen(at, chunk.error);
      }
    }
    await to.close();
  } catch (error) {
    await to.abort(error).catch(() => {});
  } finally {
    leave();
  }
}

/** The next chunk. A source that ends early counts as broken. */
async function next(source: Source, left: number): Promise<Uint8Array | { readonly error: unknown }> {
  try {
    const chunk = await source.read();
    return chunk?.subarray(0, left) ?? { error: new Error(`the data ended ${left} bytes early`) };
  } catch (error) {
    return { error };
  }
}
