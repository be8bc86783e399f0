import type { IncomingMessage } from "node:http";
import { ServiceError } from "../../src/domain/errors.ts";
import { unlessAborted } from "../unless-aborted.ts";

export interface RequestBodyOptions {
  /** Called when the first byte is wanted: only then is a client that asks first told to go on. */
  readonly begin: () => void;
  /** Asked before each piece goes on, which it may when this resolves. */
  readonly admit: (bytes: number) => Promise<void>;
  /** Called after each piece that was taken. */
  readonly moved: (bytes: number) => void;
  /** Called when all of it has been taken. */
  readonly ended: () => void;
  /** Aborted when what comes is no longer a body. */
  readonly broken: AbortSignal;
}

/**
 * A client's body. Fails when it goes away or stops before its end; cancelling it leaves the connection to whoever
 * answers.
 */
export function requestBody(
  request: IncomingMessage,
  { admit, begin, moved, ended, broken }: RequestBodyOptions,
): ReadableStream<Uint8Array> {
  const chunks = request.iterator({ destroyOnReturn: false });
  let begun = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (!begun) begin();
        begun = true;
        const next = chunks.next().catch((cause) => {
          throw new ServiceError("invalid", "The client went away before it had sent the image.", { cause });
        });
        const { done, value } = await unlessAborted(next, broken);
        if (done) {
          ended();
          return controller.close();
        }
        moved(value.byteLength);
        await admit(value.byteLength);
        controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}
