import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

const HASHES = { md5, sha1, sha256, sha384, sha512 };
export type DigestAlgo = keyof typeof HASHES;

export const isDigestAlgo = (name: string): name is DigestAlgo => Object.hasOwn(HASHES, name);

/** A suspended digest as JSON: about half a kilobyte. */
export interface DigestState {
  readonly words: readonly number[];
  /** The bytes of the unfinished block, hexadecimal. */
  readonly block: string;
  readonly length: number;
}

/**
 * The state of the library's hashes between two blocks. They share a base class, which names these fields for its
 * subclasses but promises nothing about their use. The version is pinned, and the test compares with workerd's own
 * digests.
 */
interface Inside {
  readonly buffer: Uint8Array;
  pos: number;
  length: number;
  get(): number[];
  set(...words: number[]): void;
}

/**
 * A digest that can be suspended and resumed. workerd's own are faster but cannot, and whatever an object keeps only in
 * memory is lost with it.
 */
export class ResumableDigest {
  readonly #hash: ReturnType<typeof sha512.create>;

  constructor(algo: DigestAlgo, state?: DigestState) {
    this.#hash = HASHES[algo].create() as ReturnType<typeof sha512.create>;
    if (!state) return;
    const inside = this.#inside;
    const block = hexToBytes(state.block);
    inside.set(...state.words);
    inside.buffer.set(block);
    inside.pos = block.byteLength;
    inside.length = state.length;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  get state(): DigestState {
    const { buffer, pos, length } = this.#inside;
    return { words: [...this.#inside.get()], block: bytesToHex(buffer.subarray(0, pos)), length };
  }

  /** Ends it. Lower-case hexadecimal. */
  finish(): string {
    return bytesToHex(this.#hash.digest());
  }

  get #inside(): Inside {
    return this.#hash as unknown as Inside;
  }
}
