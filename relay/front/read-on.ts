import { ServiceError } from "../../src/domain/errors.ts";
import type { Bytes } from "../steadily.ts";

const READ_BYTES = 256 * 1024;
const PAUSE_MILLISECONDS = { first: 100, most: 4000 };

export interface ReadOn {
  /** The number of bytes wanted. Of a source that has more, no more are read. */
  readonly length: number;
  /** Opens the rest, from byte `at` on. Rejects `unavailable` if it may be tried again. */
  readonly reopen: (at: number, failure: unknown) => Promise<Bytes>;
  /** How long after the last byte it is retried. */
  readonly patienceSeconds: number;
}

/** Reads into a buffer. Afterwards the buffer may be another one, or lost if the read failed. */
type Read = (into: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

interface Source {
  readonly read: Read;
  cancel(reason: unknown): void;
}

/**
 * Bytes that resume where they broke off (docs/decisions/0028-a-read-goes-on-where-it-broke.md). `first` is open
 * already. A byte stream: a reader that brings its own buffers has them filled.
 */
export function readOn(first: Bytes, wanted: ReadOn): Bytes {
  if (wanted.length === 0) return first;
  let source: Source | undefined = sourceOf(first);
  let given = 0;
  let cancelled = false;
  const reopened = async (failure: unknown): Promise<Source> => {
    const opened = sourceOf(await wanted.reopen(given, failure));
    if (cancelled) opened.cancel(failure);
    return opened;
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const view = controller.byobRequest?.view;
      const into = view ? viewsLike(view) : () => new Uint8Array(READ_BYTES);
      const bytes = await withRetry(wanted.patienceSeconds, async (failure) => {
        try {
          source ??= await reopened(failure);
          // A surplus would be taken for the next answer on the client's connection.
          return await source.read(into().subarray(0, wanted.length - given));
        } catch (error) {
          source?.cancel(error);
          source = undefined;
          if (cancelled) return undefined;
          throw error;
        }
      });
      if (!bytes) return;
      given += bytes.byteLength;
      if (view) controller.byobRequest?.respondWithNewView(bytes);
      else controller.enqueue(bytes);
      if (given < wanted.length) return;
      controller.close();
      // Tells a pending read that no more bytes come.
      controller.byobRequest?.respond(0);
      source?.cancel(undefined);
    },
    cancel(reason) {
      cancelled = true;
      source?.cancel(reason);
    },
  });
}

/** The view's own memory, or new memory of that size if a failed reader has taken it. */
function viewsLike({ buffer, byteLength, byteOffset }: ArrayBufferView): () => Uint8Array<ArrayBuffer> {
  const whole = buffer.byteLength;
  return () => {
    const own = buffer as ArrayBuffer;
    return new Uint8Array(own.detached ? new ArrayBuffer(whole) : own, byteOffset, byteLength);
  };
}

async function withRetry<T>(patienceSeconds: number, attempt: (failure: unknown) => Promise<T>): Promise<T> {
  const until = performance.now() + patienceSeconds * 1000;
  let failure: unknown;
  for (let wait = PAUSE_MILLISECONDS.first; ; wait = Math.min(wait * 2, PAUSE_MILLISECONDS.most)) {
    try {
      return await attempt(failure);
    } catch (error) {
      const mayPass = error instanceof ServiceError && error.retryable;
      if (!mayPass || performance.now() + wait > until) throw error;
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Byte streams fill the reader's buffers; what other streams give is copied into them. */
function sourceOf(body: Bytes): Source {
  const early = () => new ServiceError("unavailable", "The image data ended early.");
  try {
    const reader = body.getReader({ mode: "byob" });
    return {
      cancel: (reason) => void reader.cancel(reason).catch(() => {}),
      async read(into) {
        const { done, value } = await reader.read(into);
        if (done || value.byteLength === 0) throw early();
        return value;
      },
    };
  } catch {
    const reader = body.getReader();
    let rest: Uint8Array | undefined;
    return {
      cancel: (reason) => void reader.cancel(reason).catch(() => {}),
      async read(into) {
        while (rest === undefined || rest.byteLength === 0) {
          const { done, value } = await reader.read();
          if (done) throw early();
          rest = value;
        }
        const piece = rest.subarray(0, into.byteLength);
        into.set(piece);
        rest = rest.subarray(piece.byteLength);
        return into.subarray(0, piece.byteLength);
      },
    };
  }
}
