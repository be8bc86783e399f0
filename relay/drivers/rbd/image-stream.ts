import type { OpenImage } from "./open-image.ts";

const READ_BYTES = 4 * 1024 * 1024;
/** Asked for before they are wanted. */
const READS_AHEAD = 3;

/**
 * So many bytes of an image, which is closed at their end, on failure and on cancel. `confirm` is asked before the last
 * of them are handed out: what a snapshot held reads as zeros once that is removed, and nothing but its absence tells.
 */
export function streamOf(
  image: OpenImage,
  { start, length }: { readonly start: number; readonly length: number },
  confirm: () => Promise<unknown>,
): ReadableStream<Uint8Array> {
  const end = start + length;
  const reads: Promise<Uint8Array>[] = [];
  let asked = start;
  let given = start;
  const readAhead = () => {
    for (; asked < end && reads.length < READS_AHEAD; asked += READ_BYTES) {
      const read = image.read(asked, Math.min(READ_BYTES, end - asked));
      read.catch(() => {});
      reads.push(read);
    }
  };
  const close = () => image.close().catch(() => {});
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          readAhead();
          const bytes = await reads.shift();
          given += bytes?.byteLength ?? 0;
          if (given === end) await confirm();
          if (bytes) controller.enqueue(bytes);
          if (given < end) return;
          controller.close();
          await close();
        } catch (error) {
          void close();
          throw error;
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
