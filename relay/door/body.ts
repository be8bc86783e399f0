import type { IncomingMessage } from "node:http";
import { FrameError, FrameReader } from "../../protocol/frames.ts";
import { ServiceError } from "../../src/domain/errors.ts";

/** How much of a refused client's body is still read, so that the client gets the answer. */
export interface DrainBounds {
  readonly bytes: number;
  readonly seconds: number;
}

const MiB = 1024 * 1024;

/**
 * As much as the edge reads of its own clients' bodies (src/limits.ts). When the edge is the client, it looks up at
 * once.
 */
export const DRAIN_BOUNDS = {
  caller: { bytes: 64 * 1024 * MiB, seconds: 300 },
  stranger: { bytes: 4 * 1024 * MiB, seconds: 300 },
  edge: { bytes: 64 * MiB, seconds: 10 },
} as const satisfies Record<string, DrainBounds>;

export interface BodyOptions {
  /** A client that sends nothing for this long, while it is waited for, is gone. */
  readonly idleSeconds: number;
  /**
   * Called when the first byte is wanted: only then does a client that sent `Expect: 100-continue` get its go-ahead.
   */
  readonly begin: () => void;
}

/** The bytes in the frames of a request's body. Fails when the body stops before its end, or the client goes away. */
export function framedBody(request: IncomingMessage, opts: BodyOptions): ReadableStream<Uint8Array> {
  const chunks = request.iterator({ destroyOnReturn: false });
  const frames = new FrameReader();
  let begun = false;
  let idle: NodeJS.Timeout | undefined;
  const gone = () => request.destroy(new Error("nothing was sent for too long"));
  const next = async (): Promise<Uint8Array | undefined> => {
    if (!begun) opts.begin();
    begun = true;
    idle = idle?.refresh() ?? setTimeout(gone, opts.idleSeconds * 1000);
    try {
      const { done, value } = await chunks.next();
      return done ? undefined : value;
    } catch (cause) {
      throw cutOff(cause);
    }
  };
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          for (;;) {
            const chunk = await next();
            if (!chunk) break;
            let bytes = 0;
            for (const piece of frames.push(chunk)) {
              controller.enqueue(piece);
              bytes += piece.byteLength;
            }
            if (bytes > 0) return;
          }
          frames.finish();
          controller.close();
          clearTimeout(idle);
        } catch (error) {
          clearTimeout(idle);
          throw error instanceof FrameError ? cutOff(error) : error;
        }
      },
      cancel: () => clearTimeout(idle),
    },
    { highWaterMark: 0 },
  );
}

const cutOff = (cause: unknown) =>
  new ServiceError("invalid", "The image data ended before its time.", { cause });

/** Reads and discards what a refused client still sends, within bounds. */
export async function drain(
  request: IncomingMessage,
  within: DrainBounds,
  broken?: AbortSignal,
): Promise<void> {
  if (broken?.aborted) return;
  const timer = setTimeout(() => request.destroy(), within.seconds * 1000);
  let left = within.bytes;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      left -= chunk.length;
      if (left < 0) break;
    }
  } catch {
    // The client went away, and needs no answer.
  } finally {
    clearTimeout(timer);
  }
}
