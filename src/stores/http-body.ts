import { ServiceError } from "../domain/errors.ts";
import { withTimeout } from "../outbound/timeout.ts";
import { sourceOf } from "./pump.ts";

export interface Piece {
  /** The bytes of the body before the piece, which are read and dropped. */
  readonly skip: number;
  readonly length: number;
  readonly idleSeconds: number;
  /** Makes the error for a body that ends early, stalls or breaks. */
  readonly failure?: (cause: unknown) => ServiceError;
}

/** This many bytes of a body. Fails rather than deliver fewer. */
export function pieceOf(
  body: ReadableStream<Uint8Array> | null,
  { skip, length, idleSeconds, failure = cutOff }: Piece,
): ReadableStream<Uint8Array> {
  const source = sourceOf(body ?? new Blob([]).stream());
  let toSkip = skip;
  let left = length;
  const next = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      const chunk = await withTimeout(idleSeconds, () => source.read());
      if (chunk === undefined || chunk.byteLength > toSkip) {
        const piece = chunk?.slice(toSkip, toSkip + left);
        toSkip = 0;
        return piece;
      }
      toSkip -= chunk.byteLength;
    }
  };
  const end = () => void source.cancel(undefined).catch(() => undefined);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = left > 0 ? await next() : undefined;
          if (chunk) {
            left -= chunk.byteLength;
            controller.enqueue(chunk);
          } else if (left > 0) throw failure(new Error(`the body ended ${left} bytes early`));
          if (left > 0) return;
          controller.close();
          end();
        } catch (error) {
          end();
          throw error instanceof ServiceError ? error : failure(error);
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

const cutOff = (cause: unknown) =>
  new ServiceError("unavailable", "The web server of the location stopped in the middle of the data.", {
    cause,
  });
