import { setTimeout as wait } from "node:timers/promises";
import { ServiceError } from "../src/domain/errors.ts";
import { unlessAborted } from "./unless-aborted.ts";

export type Bytes = ReadableStream<Uint8Array>;

/** Opens image data elsewhere, from a byte on to its end. What may succeed later rejects `unavailable`. */
export type FetchFrom = (start: number, signal: AbortSignal) => Promise<Bytes>;

/** How far a source is believed in. */
export interface Steadiness {
  /** One that gives nothing for so long while it is waited for counts as broken. */
  readonly stallSeconds: number;
  /** For so long after the last byte it is asked for the next one again. */
  readonly patienceSeconds: number;
}

/** A client waits longer than both (`idle_seconds`), and an edge that is deployed anew is back sooner. */
export const STEADINESS: Steadiness = { stallSeconds: 30, patienceSeconds: 60 };

const RETRY_MILLISECONDS = 200;
const RETRY_MILLISECONDS_MOST = 4000;

export interface Wanted extends Steadiness {
  readonly start: number;
  /** The byte after the last one. */
  readonly end: number;
  readonly signal: AbortSignal;
}

/**
 * Bytes of a source that may break, stall or be away: it is opened again from where it was. `first` is open at `start`
 * already, so that whoever has to answer a client knows before that there is something to be had.
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
