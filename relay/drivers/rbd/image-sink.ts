import type { BlockSink } from "../block-writer.ts";
import { stretchesOfData } from "../sparse.ts";
import type { OpenImage } from "./open-image.ts";

const MiB = 1024 * 1024;
/** Zeros are skipped in pieces of this size, so that the rest of an object takes few writes. */
const ZEROS = Buffer.alloc(MiB);

/** An image of unknown length grows by `first`, then by twice as much each time (spec/stores.md section 4.2). */
const GROWTH = { first: 8 * MiB, most: 8 * 1024 * MiB };

/** Writes the blocks of a body into an image, which is resized to its true length at the end. */
export class ImageSink implements BlockSink {
  readonly #image: OpenImage;
  #size: number;
  #step = GROWTH.first;
  #grown: Promise<void> = Promise.resolve();

  constructor(image: OpenImage, size: number) {
    this.#image = image;
    this.#size = size;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const grown = this.#grown.then(() => this.#growTo(position + bytes.byteLength));
    this.#grown = grown;
    await grown;
    await Promise.all(
      [...stretchesOfData(bytes, ZEROS)].map(({ start, end }) =>
        this.#image.write(bytes.subarray(start, end), position + start),
      ),
    );
  }

  async finish(size: number): Promise<void> {
    if (this.#size !== size) await this.#image.resize(size);
    await this.#image.flush();
  }

  async #growTo(end: number): Promise<void> {
    let size = this.#size;
    while (size < end) {
      size += this.#step;
      this.#step = Math.min(this.#step * 2, GROWTH.most);
    }
    if (size === this.#size) return;
    await this.#image.resize(size);
    this.#size = size;
  }
}
