import { md5 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import {
  type BlobInfo,
  type BlobKey,
  checkKey,
  clipRange,
  type ImageStore,
  keyOf,
  type Location,
  notFound,
  type OpenBlob,
  type PutOptions,
  type Range,
  type Stored,
  taken,
} from "./contract.ts";
import { cancelling, pump } from "./pump.ts";
import { beginPut, endPuts } from "./running-puts.ts";

const HASH = { sha256, sha384, sha512 };
const CHUNK_BYTES = 64 * 1024;

/** One set of blobs per store id, so that every opener of the store in this process finds the same blobs. */
const shelves = new Map<string, Map<BlobKey, Uint8Array>>();

/** Keeps images in this process's memory, for tests and trials. */
export class MemoryStore implements ImageStore {
  readonly can = { range: true };
  readonly #prefix: string;
  readonly #blobs: Map<BlobKey, Uint8Array>;

  constructor(id: string) {
    this.#prefix = `memory://${id}/`;
    this.#blobs = shelves.get(id) ?? new Map();
    shelves.set(id, this.#blobs);
  }

  locationOf(key: BlobKey): Location {
    checkKey(key);
    return this.#prefix + key;
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, () => this.#put(key, body, opts));
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    signal?.throwIfAborted();
    const blob = this.#find(location);
    const { start, length } = clipRange(range, blob.byteLength);
    return { size: blob.byteLength, body: streamOf(blob.subarray(start, start + length)) };
  }

  async stat(location: Location): Promise<BlobInfo> {
    return { size: this.#find(location).byteLength };
  }

  async delete(location: Location): Promise<void> {
    const key = keyOf(location, this.#prefix);
    void endPuts(location);
    this.#blobs.delete(key);
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    for (const key of this.#blobs.keys()) if (key.startsWith(prefix)) yield key;
  }

  async #put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions): Promise<Stored> {
    const location = this.locationOf(key);
    this.#refuseTaken(key);
    const put = beginPut(location, opts.signal);
    try {
      const chunks: Uint8Array[] = [];
      const size = await pump(body, { ...opts, signal: put.signal }, (chunk) => {
        chunks.push(chunk.slice());
        return undefined;
      });
      this.#refuseTaken(key);
      const blob = joined(chunks, size);
      this.#blobs.set(key, blob);
      const hashAlgo = opts.hashAlgo ?? "sha512";
      const hashValue = bytesToHex(HASH[hashAlgo](blob));
      return { location, size, checksum: bytesToHex(md5(blob)), hashAlgo, hashValue };
    } finally {
      put.finished();
    }
  }

  #find(location: Location): Uint8Array {
    const blob = this.#blobs.get(keyOf(location, this.#prefix));
    if (!blob) throw notFound();
    return blob;
  }

  #refuseTaken(key: BlobKey): void {
    if (this.#blobs.has(key)) throw taken(key);
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      // A copy, because a reader may transfer the buffer of a chunk.
      if (at < bytes.byteLength) controller.enqueue(bytes.slice(at, at + CHUNK_BYTES));
      at += CHUNK_BYTES;
      if (at >= bytes.byteLength) controller.close();
    },
  });
}
