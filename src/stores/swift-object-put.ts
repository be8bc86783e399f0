import { ServiceError } from "../domain/errors.ts";
import { discard } from "../outbound/answers.ts";
import { pause, pauseAfter } from "../outbound/retry.ts";
import { withTimeout } from "../outbound/timeout.ts";
import type { SwiftSession } from "./swift-auth.ts";
import type { SwiftClient } from "./swift-client.ts";
import { etagOf } from "./swift-objects.ts";
import { RETRIES } from "./swift-retries.ts";

export interface ObjectPutOptions {
  readonly client: SwiftClient;
  readonly container: string;
  readonly name: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: unknown, and the body is sent chunked. */
  readonly size?: number;
  /** Up to this many written bytes are kept, and sent again if the request fails before more have been written. */
  readonly keepBytes: number;
  /** Called if the request fails while the body is still being written and nothing can be sent again. */
  readonly failed: (reason: unknown) => void;
}

/**
 * A PUT whose body is written while it runs. A server refuses early if a token has expired or if it is busy: as long as
 * everything written so far is kept, it is sent once more. A later failure is the caller's.
 */
export class ObjectPut {
  readonly #options: ObjectPutOptions;
  readonly #until = Date.now() + RETRIES.patienceSeconds * 1000;
  #kept: Uint8Array | undefined = new Uint8Array();
  #keptBytes = 0;
  #attempt: Attempt | undefined;
  #tries = 0;
  readonly #abort = new AbortController();

  constructor(options: ObjectPutOptions) {
    this.#options = options;
  }

  /** Opens the request with the first bytes. The chunk is not kept by reference. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#keep(chunk);
    try {
      const attempt = this.#attempt ?? (await this.#open());
      await attempt.write(chunk);
    } catch (error) {
      await this.#sendAgain(error);
    }
  }

  /** Returns the server's ETag for the object. */
  async finish(): Promise<string> {
    for (;;) {
      try {
        const attempt = this.#attempt ?? (await this.#open());
        return await attempt.finish();
      } catch (error) {
        await this.#sendAgain(error);
      }
    }
  }

  /** The server drops a request whose body is incomplete. */
  async abort(reason: unknown): Promise<void> {
    this.#abort.abort(reason);
    this.#kept = undefined;
    await this.#attempt?.abort(reason);
  }

  #keep(chunk: Uint8Array): void {
    const { keepBytes, size = keepBytes } = this.#options;
    const needed = this.#keptBytes + chunk.byteLength;
    if (this.#kept === undefined || needed > keepBytes) {
      this.#kept = undefined;
      return;
    }
    if (needed > this.#kept.byteLength) {
      const larger = new Uint8Array(Math.min(keepBytes, Math.max(needed, size === 0 ? needed : size)));
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    this.#kept.set(chunk, this.#keptBytes);
    this.#keptBytes = needed;
  }

  async #open(): Promise<Attempt> {
    const { client, failed } = this.#options;
    const session = await client.session();
    // Nobody would end a request that began after the put was aborted.
    this.#abort.signal.throwIfAborted();
    this.#attempt = new Attempt(session, this.#options, (reason) => {
      if (!this.#maySendAgain(reason)) failed(reason);
    });
    return this.#attempt;
  }

  #maySendAgain(error: unknown): boolean {
    const temporary = error instanceof ServiceError && error.retryable;
    return (
      temporary &&
      this.#kept !== undefined &&
      !this.#abort.signal.aborted &&
      this.#tries < RETRIES.mostRetries &&
      Date.now() < this.#until
    );
  }

  async #sendAgain(failure: unknown): Promise<void> {
    for (let error = failure; ; ) {
      await this.#attempt?.abort(error);
      this.#attempt = undefined;
      if (!this.#maySendAgain(error)) throw error;
      try {
        await pause(pauseAfter(++this.#tries, RETRIES), this.#abort.signal);
        const attempt = await this.#open();
        const kept = this.#kept?.subarray(0, this.#keptBytes);
        if (kept && kept.byteLength > 0) await attempt.write(kept);
        return;
      } catch (again) {
        error = again;
      }
    }
  }
}

/** One request. */
class Attempt {
  readonly #client: SwiftClient;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stop = new AbortController();
  readonly #result: Promise<string>;
  #failure: { readonly reason: unknown } | undefined;
  #interrupt: (reason: unknown) => void = () => {};

  constructor(session: SwiftSession, options: ObjectPutOptions, failed: (reason: unknown) => void) {
    const { client, size } = options;
    this.#client = client;
    const { readable, writable } = client.platform.pipe(size);
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#result = this.#send(session, options, readable);
    this.#result.catch((reason: unknown) => {
      this.#failure = { reason };
      this.#interrupt(reason);
      failed(reason);
    });
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#step(() => this.#writer.write(chunk));
  }

  async finish(): Promise<string> {
    await this.#step(() => this.#writer.close());
    return withTimeout(this.#client.answerSeconds, () => this.#result).catch((cause: unknown) => {
      throw this.#client.away(cause);
    });
  }

  async abort(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    await this.#result.catch(() => {});
  }

  /** Ends with the request, and if the server takes nothing more. */
  async #step(work: () => Promise<void>): Promise<void> {
    if (this.#failure) throw this.#failure.reason;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#interrupt = reject;
        withTimeout(this.#client.idleSeconds, work).then(resolve, reject);
      });
    } catch (error) {
      // A failing request breaks the stream first; its answer says more.
      const told = this.#result.then(
        () => error,
        (reason: unknown) => reason,
      );
      throw this.#client.away(await Promise.race([told, pause(1000).then(() => error)]));
    }
  }

  async #send(
    session: SwiftSession,
    { client, container, name, headers }: ObjectPutOptions,
    body: ReadableStream,
  ): Promise<string> {
    const path = `${container}/${name}`;
    const init = { body, signal: this.#stop.signal };
    const response = await client
      .send(session, path, { ...init, headers: { "content-type": "application/octet-stream", ...headers } })
      .catch((cause: unknown) => {
        throw client.away(cause);
      });
    await discard(response);
    if (response.ok) return etagOf(response);
    if (response.status === 401) {
      client.drop(session);
      throw client.tokenRefused();
    }
    if (response.status === 404) client.forgetContainer(container);
    throw client.failed("PUT", response);
  }
}
