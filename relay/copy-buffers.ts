import { WhenIdle } from "./when-idle.ts";

/** With 512 KiB each, a GiB took half as long again. */
const LARGE_BYTES = 2 * 1024 * 1024;
/**
 * So many copies, and connections to stores, have large buffers at a time. Of slow clients there may be hundreds: the
 * others have small ones.
 */
const MOST_LARGE = 4;
const SMALL_BYTES = 512 * 1024;
/** Of a copy that fills them, one is read into while the other is being sent. */
const BUFFERS = 2;

/** Large buffers kept for the next copies. */
const spare: ArrayBuffer[] = [];
const unused = new WhenIdle(() => spare.splice(0));
let large = 0;

/**
 * The buffers of one copy, or of one connection to a store, used again and again: new ones cost the kernel as much work as
 * the copying.
 */
export class CopyBuffers implements Disposable {
  readonly bytes: number = large < MOST_LARGE ? LARGE_BYTES : SMALL_BYTES;
  readonly #free: ArrayBuffer[] = [];

  constructor() {
    if (this.#isLarge) large++;
  }

  get #isLarge(): boolean {
    return this.bytes === LARGE_BYTES;
  }

  take(): ArrayBuffer {
    return this.#free.pop() ?? (this.#isLarge ? spare.pop() : undefined) ?? new ArrayBuffer(this.bytes);
  }

  /** Only what nobody reads from any more. */
  giveBack(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
  }

  /** Ends the copy. What was not given back may still be on its way to a client, and is not used again. */
  [Symbol.dispose](): void {
    if (!this.#isLarge) return;
    large--;
    spare.push(...this.#free.slice(0, MOST_LARGE * BUFFERS - spare.length));
    unused.idle();
  }
}
