import { ServiceError } from "../domain/errors.ts";
import { inTime } from "./in-time.ts";
import { type Source, sourceOf } from "./pump.ts";
import { discard, type SwiftClient } from "./swift-client.ts";
import { etagOf } from "./swift-objects.ts";
import { pause, RETRIES } from "./swift-retries.ts";

/** An object that is being read, and how it is asked for once more. */
export interface BodyOfObject {
  readonly client: SwiftClient;
  readonly response: Response;
  readonly open: (headers: Record<string, string>) => Promise<Response>;
}

/**
 * So many bytes of the object from `start` on, and an error rather than fewer. A connection that breaks is followed by
 * another for the rest, as long as the object is the same.
 */
export function bodyOf(
  { client, open, response }: BodyOfObject,
  start: number,
  length: number,
): ReadableStream<Uint8Array> {
  const etag = etagOf(response);
  let source: Source = sourceOf(response.body ?? new Blob([]).stream());
  let at = start;
  const end = start + length;
  let tries = 0;
  const cancel = () => void source.cancel(undefined).catch(() => undefined);

  const next = async (): Promise<Uint8Array> => {
    for (;;) {
      const chunk = await inTime(client.idleSeconds, () => source.read()).catch((error: unknown) => ({
        error,
      }));
      if (chunk instanceof Uint8Array) {
        tries = 0;
        return chunk;
      }
      cancel();
      if (tries++ >= RETRIES.most) throw cutOff(client, chunk?.error);
      await pause(RETRIES.firstMilliseconds * 2 ** tries);
      source = await again();
    }
  };

  const again = async (): Promise<Source> => {
    const rest = await open({ range: `bytes=${at}-${end - 1}` });
    const said = /^bytes (\d+)-(\d+)\//.exec(rest.headers.get("content-range") ?? "");
    const fits = Number(said?.[1]) === at && Number(said?.[2]) === end - 1 && etagOf(rest) === etag;
    if (rest.status === 206 && fits && rest.body) return sourceOf(rest.body);
    await discard(rest);
    throw cutOff(client, new Error(`the rest was answered with ${rest.status}`));
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          if (at < end) {
            const chunk = await next();
            const piece = chunk.slice(0, end - at);
            at += piece.byteLength;
            controller.enqueue(piece);
          }
          if (at < end) return;
          controller.close();
          cancel();
        } catch (error) {
          cancel();
          throw error instanceof ServiceError ? error : cutOff(client, error);
        }
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}

const cutOff = ({ id }: SwiftClient, cause: unknown) =>
  new ServiceError("unavailable", `The store ${id} stopped in the middle of the data.`, { cause });
