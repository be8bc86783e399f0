import { setTimeout as wait } from "node:timers/promises";
import { ServiceError } from "../src/domain/errors.ts";
import { unlessAborted } from "../src/outbound/unless-aborted.ts";

export type Bytes = ReadableStream<Uint8Array>;

/** Opens image data elsewhere, from a byte on to the end. Rejects `unavailable` if it may succeed later. */
export type FetchFrom = (start: number, signal: AbortSignal) => Promise<Bytes>;

/** How patient to be with a source. */
export interface Steadiness {
  /** A source that gives nothing for this long while it is waited for counts as broken. */
  readonly stallSeconds: number;
  /** How long after the last byte it is reopened. */
  readonly patienceSeconds: number;
}

/** A client waits longer than both (`idle_seconds`), and an edge that is being redeployed is back sooner. */
export const STEADINESS: Steadiness = { stallSeconds: 30, patienceSeconds: 60 };

const RETRY_MILLISECONDS = 200;
const RETRY_MILLISECONDS_MOST = 4000;

export interface Wanted extends Steadiness {
  readonly start: number;
  /** The position after the last byte. */
  readonly end: number;
  readonly signal: AbortSignal;
}

/**
 * The bytes of a source that may break, stall or be away: it is reopened where it broke off. `first` is already open at
 * `start`, so that the caller knows before it answers a client that there is something to send.
 */
export async function* steadily(
  first: Bytes,
  fetch: FetchFrom,
  { start, end, signal, stallSeconds, patienceSeconds }: Wanted,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  let opened: Bytes | undefined = first;
  let retryMilliseconds = RETRY_MILLISECONDS;
  let movedAt = performance.now();
  for (;;) {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      reader = (opened ?? (await fetch(position, signal))).getReader();
      while (position < end) {
        const piece = (await nextOf(reader, stallSeconds, signal)).subarray(0, end - position);
        position += piece.byteLength;
        yield piece;
        movedAt = performance.now();
        retryMilliseconds = RETRY_MILLISECONDS;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      const inVain = performance.now() + retryMilliseconds - movedAt > patienceSeconds * 1000;
      if (inVain || !(error instanceof ServiceError && error.retryable)) throw error;
    } finally {
      opened = undefined;
      reader?.cancel().catch(() => {});
    }
    await wait(retryMilliseconds, undefined, { signal });
    retryMilliseconds = Math.min(retryMilliseconds * 2, RETRY_MILLISECONDS_MOST);
  }
}

async function nextOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  stallSeconds: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    const stop = () => reject(new Error(`nothing came for ${stallSeconds} seconds`));
    timer = setTimeout(stop, stallSeconds * 1000);
  });
  try {
    const { done, value } = await unlessAborted(Promise.race([reader.read(), stalled]), signal);
    if (done) throw new Error("the source ended early");
    return value;
  } catch (cause) {
    signal.throwIfAborted();
    throw new ServiceError("unavailable", "The image data broke off.", { cause });
  } finally {
    clearTimeout(timer);
  }
}
