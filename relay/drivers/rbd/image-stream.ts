import { ServiceError } from "../../../src/domain/errors.ts";
import { LentBytes } from "../../lent-bytes.ts";
import type { OpenImage } from "./open-image.ts";

const READ_BYTES = 4 * 1024 * 1024;
/** How many reads are started before the reader wants them. */
const READS_AHEAD = 3;

export interface Reading {
  /** Opens the image again; in a new process if the one that had it open has ended. */
  reopen(): Promise<OpenImage>;
  /**
   * Called before the last bytes are handed out. When a snapshot is removed, its data reads as zeros; only the missing
   * snapshot shows it.
   */
  confirm(): Promise<unknown>;
}

/**
 * A part of an image, which is closed at the end, on failure and on cancel. An outage is retried once: the process may
 * have ended because of another transfer, which need not end this download.
 */
export function streamOf(
  opened: OpenImage,
  { start, length }: { readonly start: number; readonly length: number },
  { confirm, reopen }: Reading,
): LentBytes {
  const end = start + length;
  const ahead = new ReadsAhead(opened, start, end);
  let image = opened;
  let given = start;
  let ended = false;
  const close = async () => {
    ended = true;
    ahead.stop();
    await image.close().catch(() => {});
  };
  const resume = async () => {
    image.close().catch(() => {});
    image = await reopen();
    ahead.goOn(image, given);
    if (ended) await close();
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const bytes = await onceMore(() => ahead.next(), resume);
      given += bytes?.byteLength ?? 0;
      if (given === end) await onceMore(confirm);
      if (bytes) controller.enqueue(bytes);
      if (given < end) return;
      controller.close();
      await close();
    } catch (error) {
      void close();
      throw error;
    }
  };
  return new LentBytes({ pull, cancel: close }, (bytes) => ahead.giveBack(bytes));
}

/** Reads that run ahead of the reader, each into memory that has been given back, or is new. */
class ReadsAhead {
  readonly #end: number;
  readonly #pieceBytes: number;
  readonly #underWay: Promise<Uint8Array>[] = [];
  readonly #spare: Uint8Array[] = [];
  #image: OpenImage;
  #position: number;

  constructor(image: OpenImage, start: number, end: number) {
    this.#image = image;
    this.#position = start;
    this.#end = end;
    this.#pieceBytes = Math.min(READ_BYTES, end - start);
  }

  /** Undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    this.#ask();
    const bytes = await this.#underWay.shift();
    this.#ask();
    return bytes;
  }

  /**
   * Continues in the image that was reopened. Pending reads may still write to their memory, so none of it is reused.
   */
  goOn(image: OpenImage, position: number): void {
    this.#image = image;
    this.#position = position;
    this.#underWay.length = 0;
  }

  stop(): void {
    this.#position = this.#end;
  }

  giveBack(bytes: Uint8Array): void {
    if (this.#position < this.#end) this.#spare.push(bytes);
  }

  #ask(): void {
    for (; this.#position < this.#end && this.#underWay.length < READS_AHEAD; this.#position += READ_BYTES) {
      const read = this.#read(this.#position);
      read.catch(() => {});
      this.#underWay.push(read);
    }
  }

  async #read(position: number): Promise<Uint8Array> {
    const memory = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#pieceBytes);
    const bytes = memory.subarray(0, this.#end - position);
    await this.#image.read(position, bytes);
    return bytes;
  }
}

async function onceMore<T>(work: () => Promise<T>, mend: () => Promise<void> = async () => {}): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError && error.retryable)) throw error;
    await mend();
    return work();
  }
}
