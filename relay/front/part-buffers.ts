/**
 * Memory for the parts of uploads. There is only so much of it for all of them together: who needs a buffer waits for
 * one, in turn. An upload that has one goes on, so that all of them do.
 */
export class PartBuffers {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** A buffer, when there is room for it; more than everything is given to who comes alone. */
  async take(bytes: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    while (this.#bytes > 0 && this.#bytes + bytes > this.#most) await this.#turn(signal);
    signal.throwIfAborted();
    this.#bytes += bytes;
    return new SharedArrayBuffer(bytes);
  }

  /** A second buffer, only if nobody would have to wait for it. */
  spare(bytes: number): SharedArrayBuffer | undefined {
    if (this.#waiting.length > 0 || this.#bytes + bytes > this.#most) return undefined;
    this.#bytes += bytes;
    return new SharedArrayBuffer(bytes);
  }

  giveBack(buffer: SharedArrayBuffer): void {
    this.#bytes -= buffer.byteLength;
    for (const next of this.#waiting.splice(0)) next();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#waiting.push(resolve);
    });
  }
}
