/**
 * The contract every store keeps, on both sides of the wire. `test/conformance/store.ts` is its executable form: each
 * sentence here has a case there. Streams are web streams; the relay implements the same interfaces in Node.
 *
 * Rejections are `ServiceError`s. A driver translates its back end's errors once, at its edge, and keeps the `cause`.
 */

/** Name of an object inside a store: an image id, or `<id>.<n>` for a later attempt. Used once, never overwritten. */
export type BlobKey = string;

/** A location URL in the form that spec/stores.md gives for the scheme. Carries no credentials. */
export type Location = string;

/** Bytes `start` up to and including `end`, counted from 0. Without `end`: to the end of the blob. */
export interface Range {
  readonly start: number;
  readonly end?: number;
}

export interface BlobInfo {
  /** Bytes. */
  readonly size: number;
}

/** What was written, established by whoever wrote the bytes, in one pass over them. */
export interface Stored {
  readonly location: Location;
  /** Bytes. */
  readonly size: number;
  /** MD5, 32 lower-case hex digits. */
  readonly checksum: string;
  readonly hashAlgo: HashAlgo;
  /** Lower-case hex digits of `hashAlgo`. */
  readonly hashValue: string;
}

/** The digests that both WebCrypto and Node offer, under Glance's names (spec/formats-hashes.md section 1). */
export const HASH_ALGOS = ["sha256", "sha384", "sha512"] as const;
export type HashAlgo = (typeof HASH_ALGOS)[number];

export interface PutOptions {
  /** Bytes the caller promises. Fewer or more reject `invalid`, and nothing is stored. Absent: unknown. */
  readonly size?: number;
  /** More bytes than this reject `tooLarge` as soon as they are seen, and nothing is stored. */
  readonly maxBytes?: number;
  /** Default `sha512`. */
  readonly hashAlgo?: HashAlgo;
  /** Aborting rejects with the signal's reason or `unavailable`; nothing is stored. */
  readonly signal?: AbortSignal;
}

/** Bytes found by location URL, whoever wrote them: us, Glance or Nova. Passes `readerConformance` whole. */
export interface ImageReader {
  readonly can: { readonly range: boolean };
  /**
   * Rejects `notFound` when there is no such blob, `badRange` when `start` is at or past its end (so any range of an
   * empty blob). An `end` past the last byte is clipped. Rejects `invalid` for a location of another store.
   * Cancelling the stream frees what it holds. A blob that is deleted while it is read may fail the stream, but
   * never ends it early as if it were whole.
   */
  get(location: Location, range?: Range, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Rejects `notFound`, and `invalid` for a location of another store. */
  stat(location: Location): Promise<BlobInfo>;
}

/** Where image bytes are kept. Every implementation passes `storeConformance` whole. */
export interface ImageStore extends ImageReader {
  /**
   * Stores the whole body or nothing. Until it resolves, no reader and no listing sees the blob; once it has, a crash
   * does not lose it. Rejects `conflict` when the key is taken, and leaves the other's bytes alone; of two writers to
   * one key at most one wins. Rejects `full` when the store has no room, `writeDenied` when it may not be written.
   * An error of the body is passed on.
   */
  put(key: BlobKey, body: ReadableStream<Uint8Array>, opts?: PutOptions): Promise<Stored>;
  /** The URL that `put` of this key answers with, known before a byte is written. */
  locationOf(key: BlobKey): Location;
  /**
   * Deleting what is not there succeeds. A put of the same key that is still running is ended first, and stores
   * nothing. Rejects `busy` where other data depends on the blob.
   */
  delete(location: Location): Promise<void>;
  /** Every key under the prefix, over as many pages as it takes, in no promised order. */
  list(prefix: string): AsyncIterable<BlobKey>;
}
