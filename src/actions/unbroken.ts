import type { Source } from "../stores/pump.ts";

export interface Unbroken {
  /** Open at the first byte. */
  readonly first: Source;
  readonly length: number;
  /** Opens byte `at` anew after a source that broke off there. Rejects where nothing more is to be had. */
  readonly reopen: (at: number, error: unknown) => Promise<Source>;
}

/** So many bytes of sources that may break. Where there is no rest the stream breaks too: it never ends early as if whole. */
export function unbroken(wanted: Unbroken): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(wanted.length);
  void passOn(wanted, writable.getWriter());
  return readable;
}

/** Never rejects: whoever reads learns of it by what breaks. */
async function passOn(
  { first, length, reopen }: Unbroken,
  to: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  let source = first;
  const leave = () => void source.cancel(undefined).catch(() => {});
  // That nobody reads any more is told by the next write, and not before.
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

/** A source that ends early is broken as well. */
async function next(source: Source, left: number): Promise<Uint8Array | { readonly error: unknown }> {
  try {
    const chunk = await source.read();
    return chunk?.subarray(0, left) ?? { error: new Error(`the data ended ${left} bytes early`) };
  } catch (error) {
    return { error };
  }
}
