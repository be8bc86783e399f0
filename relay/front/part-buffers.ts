import { unlessAborted } from "../unless-aborted.ts";

interface Waiting {
  readonly bytes: number;
  readonly granted: () => void;
}

/**
 * Memory for the parts of uploads. There is only so much of it for all of them together: who needs a buffer waits for
 * one, in turn, and gives it back after each part.
 */
export class PartBuffers {
  readonly #most: number;
  readonly #queue: Waiting[] = [];
  #bytes = 0;
  /**
   * Those that came back, for whoever wants one of their size: a new one costs the system a page at a time, and one that is
   * dropped is garbage for long. With those in use they are no more than everything.
   */
  readonly #idle: SharedArrayBuffer[] = [];

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** A buffer, when there is room for it; more than everything is given to who comes alone. */
  async take(bytes: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    signal.throwIfAborted();
    if (this.#queue.length > 0 || !this.#fits(bytes)) await this.#turn(bytes, signal);
    else this.#bytes += bytes;
    return this.#buffer(bytes);
  }

  /** A second buffer, only if nobody would have to wait for it. */
  spare(bytes: number): SharedArrayBuffer | undefined {
    if (this.#queue.length > 0 || !this.#fits(bytes)) return undefined;
    this.#bytes += bytes;
    return this.#buffer(bytes);
  }

  /** Once: what is given back twice would be lent to two, and one image would get the bytes of another. */
  giveBack(buffer: SharedArrayBuffer): void {
    if (this.#idle.includes(buffer)) throw new Error("memory for a part was given back twice");
    this.#bytes -= buffer.byteLength;
    this.#idle.push(buffer);
    this.#serve();
  }

  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#most;
  }

  #buffer(bytes: number): SharedArrayBuffer {
    const at = this.#idle.findIndex((idle) => idle.byteLength === bytes);
    if (at >= 0) return this.#idle.splice(at, 1)[0] as SharedArrayBuffer;
    while (this.#idle.length > 0 && this.#idleBytes() + this.#bytes > this.#most) this.#idle.shift();
    return new SharedArrayBuffer(bytes);
  }

  #idleBytes(): number {
    return this.#idle.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Strictly in turn: small ones that slip through would keep a large one waiting for ever. */
  #serve(): void {
    for (let first = this.#queue[0]; first && this.#fits(first.bytes); first = this.#queue[0]) {
      this.#queue.shift();
      this.#bytes += first.bytes;
      first.granted();
    }
  }

  async #turn(bytes: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { bytes, granted: resolve };
    this.#queue.push(waiting);
    try {
      await unlessAborted(promise, signal);
    } catch (error) {
      const at = this.#queue.indexOf(waiting);
      if (at >= 0) this.#queue.splice(at, 1);
      // It was granted in the very moment in which it was given up.
      else this.#bytes -= bytes;
      this.#serve();
      throw error;
    }
  }
}
