import type { FileHandle } from "node:fs/promises";
import { ServiceError } from "../../src/domain/errors.ts";
import { type Bytes, type FetchFrom, type Steadiness, steadily } from "../steadily.ts";
import type { Fill } from "./fill.ts";

const READ_BYTES = 512 * 1024;

/**
 * Reads a file that is still being filled. It waits for bytes that are not there yet; if the fill is given up, it
 * continues elsewhere from where it is. If the bytes turn out to be wrong, it fails before its last byte.
 */
export function growingStream(
  fill: Fill,
  file: FileHandle,
  { start, end, ...steadiness }: Steadiness & { readonly start: number; readonly end: number },
  fetch: FetchFrom,
): Bytes {
  const gone = new AbortController();
  let position = start;
  let elsewhere: AsyncGenerator<Uint8Array> | undefined;

  const fromFile = async (): Promise<Uint8Array | undefined> => {
    while (position < end) {
      const length = Math.min(READ_BYTES, fill.readable - position, end - position);
      if (length > 0) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, position);
        if (bytesRead === 0)
          throw new ServiceError("unavailable", "The cache became shorter while it was read.");
        return buffer.subarray(0, bytesRead);
      }
      if (fill.outcome === "corrupt")
        throw new ServiceError("unavailable", "The image data that was fetched is not what it should be.");
      if (fill.outcome === "given up") return fromElsewhere();
      await fill.changed();
    }
    return undefined;
  };

  const fromElsewhere = async (): Promise<Uint8Array | undefined> => {
    const { signal } = gone;
    elsewhere ??= steadily(await fetch(position, signal), fetch, {
      start: position,
      end,
      signal,
      ...steadiness,
    });
    return (await elsewhere.next()).value ?? undefined;
  };

  const close = async () => {
    gone.abort();
    await elsewhere?.return(undefined).catch(() => {});
    await file.close();
  };

  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const chunk = position >= end ? undefined : await (elsewhere ? fromElsewhere() : fromFile());
          if (chunk) {
            position += chunk.byteLength;
            controller.enqueue(chunk);
          }
          if (position < end) return;
          await close();
          controller.close();
        } catch (error) {
          await close().catch(() => {});
          throw error;
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
