import { ServiceError } from "../../../src/domain/errors.ts";
import type { OpenImage } from "./open-image.ts";

const READ_BYTES = 4 * 1024 * 1024;
/** Asked for before they are wanted. */
const READS_AHEAD = 3;

export interface Around {
  /** Opens the image again, in a fresh process where the one that had it open has ended. */
  reopen(): Promise<OpenImage>;
  /**
   * Asked before the last bytes are handed out: what a snapshot held reads as zeros once that is removed, and nothing but
   * its absence tells.
   */
  confirm(): Promise<unknown>;
}

/**
 * So many bytes of an image, which is closed at their end, on failure and on cancel. What fails because of an outage is
 * tried once more: the process may have ended for another transfer's sake, and a download need not end with it.
 */
export function streamOf(
  opened: OpenImage,
  { start, length }: { readonly start: number; readonly length: number },
  { confirm, reopen }: Around,
): ReadableStream<Uint8Array> {
  const end = start + length;
  const reads: Promise<Uint8Array>[] = [];
  let image = opened;
  let asked = start;
  let given = start;
  let ended = false;
  const close = async () => {
    ended = true;
    await image.close().catch(() => {});
  };
  const next = async () => {
    for (; asked < end && reads.length < READS_AHEAD; asked += READ_BYTES) {
      const read = image.read(asked, Math.min(READ_BYTES, end - asked));
      read.catch(() => {});
      reads.push(read);
    }
    return reads.shift();
  };
  const resume = async () => {
    image.close().catch(() => {});
    reads.length = 0;
    asked = given;
    image = await reopen();
    if (ended) await close();
  };
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const bytes = await onceMore(next, resume);
          given += bytes?.byteLength ?? 0;
          if (given === end) await onceMore(confirm);
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

async function onceMore<T>(work: () => Promise<T>, mend: () => Promise<void> = async () => {}): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError && error.retryable)) throw error;
    await mend();
    return work();
  }
}
