import { unlessAborted } from "../src/outbound/unless-aborted.ts";
import { WhenIdle } from "./when-idle.ts";

interface Waiting {
  readonly bytes: number;
  readonly granted: () => void;
}

/**
 * Memory for the parts of uploads. All uploads share a limited amount: an upload that needs a buffer waits in turn for
 * one, and gives it back after each part.
 */
export class PartBuffers {
  readonly #most: number;
  readonly #queue: Waiting[] = [];
  readonly #lent = new Set<SharedArrayBuffer>();
  #bytes = 0;
  /**
   * Returned buffers, kept for the next request of their size if it comes soon: a new one costs the system a page fault
   * per page, and a dropped one stays garbage for long. Together with those in use they stay within the limit.
   */
  readonly #idle: SharedArrayBuffer[] = [];
  readonly #unused = new WhenIdle(() => this.#idle.splice(0));

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  /** A buffer, once there is room for it. A buffer larger than the limit is given when no other is in use. */
  async take(bytes: number, signal: AbortSignal): Promise<SharedArrayBuffer> {
    signal.throwIfAborted();
    if (this.#queue.length > 0 || !this.#fits(bytes)) await this.#turn(bytes, signal);
    else this.#bytes += bytes;
    return this.#lend(bytes);
  }

  /** A second buffer, only if no one has to wait because of it. */
  spare(bytes: number): SharedArrayBuffer | undefined {
    if (this.#queue.length > 0 || !this.#fits(bytes)) return undefined;
    this.#bytes += bytes;
    return this.#lend(bytes);
  }

  /**
   * Once per buffer: one that is given back twice would be lent to two uploads, and one image would get the other's
   * bytes.
   */
  giveBack(buffer: SharedArrayBuffer): void {
    if (!this.#lent.delete(buffer)) throw new Error("memory for a part was given back twice");
    this.#bytes -= buffer.byteLength;
    this.#idle.push(buffer);
    this.#unused.idle();
    this.#serve();
  }

  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#most;
  }

  #lend(bytes: number): SharedArrayBuffer {
    const buffer = this.#buffer(bytes);
    this.#lent.add(buffer);
    return buffer;
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

  /** Strictly in turn: small requests that overtake would keep a large one waiting for ever. */
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
      // The buffer was granted in the moment in which the waiter gave up.
      else this.#bytes -= bytes;
      this.#serve();
      throw error;
    }
  }
}
