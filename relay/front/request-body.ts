import type { IncomingMessage } from "node:http";
import { finished } from "node:stream";
import { ServiceError } from "../../src/domain/errors.ts";
import { unlessAborted } from "../../src/outbound/unless-aborted.ts";

/** When this much has arrived and nobody has read it, the client is made to wait. */
const WAITING_BYTES = 256 * 1024;

export interface RequestBodyOptions {
  /**
   * Called when the first byte is wanted: only then does a client that sent `Expect: 100-continue` get its go-ahead.
   */
  readonly begin: () => void;
  /** Called before bytes are passed on, which happens once it resolves. */
  readonly admit: (bytes: number) => Promise<void>;
  /** Called for all bytes that were read. */
  readonly moved: (bytes: number) => void;
  /** Called when the whole body has been read. */
  readonly ended: () => void;
  /** Aborted when what arrives is no longer a body. */
  readonly broken: AbortSignal;
}

/**
 * A client's body. Fails when the client goes away or stops before the end. Cancelling it leaves the connection open
 * for the answer.
 */
export function requestBody(
  request: IncomingMessage,
  { admit, begin, moved, ended, broken }: RequestBodyOptions,
): ReadableStream<Uint8Array> {
  let arrivals: Arrivals | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        if (!arrivals) begin();
        arrivals ??= new Arrivals(request);
        const chunks = await unlessAborted(arrivals.take(), broken);
        if (!chunks) {
          ended();
          return controller.close();
        }
        const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
        moved(bytes);
        await admit(bytes);
        for (const chunk of chunks) controller.enqueue(chunk);
      },
      cancel: () => arrivals?.stop(),
    },
    { highWaterMark: 0 },
  );
}

/**
 * The parts of a body that have arrived. The socket gives 64 KiB at a time, often many times at once; taking all of it
 * together needs a quarter of the waits.
 */
class Arrivals {
  readonly #request: IncomingMessage;
  readonly #stopListening: () => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(request: IncomingMessage) {
    this.#request = request;
    request.on("data", this.#onData);
    this.#stopListening = finished(request, { writable: false }, (error) => {
      this.#end = error ? { error } : {};
      this.#wake();
    });
  }

  /** Undefined at the end. */
  async take(): Promise<Uint8Array[] | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#end?.error !== undefined)
        throw new ServiceError("invalid", "The client went away before it had sent the image.", {
          cause: this.#end.error,
        });
      if (this.#end) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    if (this.#request.isPaused()) this.#request.resume();
    return chunks;
  }

  /** Ends a pending read: nothing more will come. */
  stop(): void {
    this.#request.off("data", this.#onData);
    this.#stopListening();
    this.#request.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes >= WAITING_BYTES) this.#request.pause();
    this.#wake();
  };
}
