/**
 * The contract every store keeps, on both sides of the wire. `test/conformance/store.ts` is its executable form: each
 * sentence here has a case there. Streams are web streams; the relay implements the same interfaces in Node.
 *
 * Rejections are `ServiceError`s. A driver translates its back end's errors once, at its edge, and keeps the `cause`.
 */

import { ServiceError } from "../domain/errors.ts";

/** Name of an object inside a store: an image id, or `<id>.<n>` for a later attempt. Used once, never overwritten. */
export type BlobKey = string;

/** Names that every back end and every URL takes as they are. A store rejects any other key `invalid`. */
const BLOB_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** A location URL in the form that spec/stores.md gives for the scheme. Carries no credentials. */
export type Location = string;

/** How a store's locations name its keys. */
export interface LocationNames {
  locationOf(key: BlobKey): Location;
  /** Rejects `invalid` for a location of another store. */
  keyOf(location: Location): BlobKey;
}

/** Bytes `start` up to and including `end`, counted from 0. Without `end`: to the end of the blob. */
export interface Range {
  readonly start: number;
  readonly end?: number;
}

export interface BlobInfo {
  /** Bytes of the whole blob. */
  readonly size: number;
}

/** A blob opened for reading. */
export interface OpenBlob extends BlobInfo {
  /** The bytes asked for: the whole blob or the range, and an error rather than fewer. */
  readonly body: ReadableStream<Uint8Array>;
  /** Of a blob that others may replace: what differs when its bytes do, where the back end tells. */
  readonly version?: string;
  /** The back end gives no ranges: one is had by reading all that is before it. */
  readonly readsFromStart?: true;
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
  /** Called when it is the store, which watches its own time, and not the body that is waited for; until it is disposed of. */
  readonly waiting?: () => Disposable;
}

/** Bytes found by location URL, whoever wrote them: us, Glance or Nova. Passes the reader's cases of the conformance suite. */
export interface ImageReader {
  readonly can: { readonly range: boolean };
  /**
   * Rejects `notFound` when there is no such blob, `badRange` when `start` is at or past its end (so any range of an
   * empty blob). An `end` past the last byte is clipped. Rejects `invalid` for a location of another store.
   * Aborting rejects while there is no stream yet; later, cancelling the stream frees what it holds. A blob that is
   * deleted while it is read may fail the stream, but never ends it early as if it were whole.
   */
  get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob>;
  /** Rejects `notFound`, and `invalid` for a location of another store. */
  stat(location: Location): Promise<BlobInfo>;
  /**
   * Present where whoever keeps the bytes reads them better than we do, and hashes them for us. Asked again and again it
   * says how far that is, and at last what came of it; what nobody asks for it gives up. Rejects as `stat` does.
   */
  digest?(location: Location, algo: string): Promise<DigestProgress>;
}

export type DigestProgress =
  /** Bytes so far. */
  | { readonly hashed: number }
  /** MD5 and the algorithm that was asked for, lower-case hexadecimal. */
  | { readonly size: number; readonly checksum: string; readonly value: string };

/** A part that a store has taken: its number, from 1, and what the store calls it. */
export interface PartTaken {
  readonly number: number;
  readonly etag: string;
}

/**
 * A blob written by several requests, for writers that cannot send it in one. All parts have one size but the last, which
 * may be smaller. Nothing is visible before `complete`; whoever holds the upload establishes size and hashes.
 */
export interface PartUploads {
  /** So many parts suit the store; more it takes as well. Absent: any number. */
  readonly suitableParts?: number;
  /** The store's name for a new upload to the key. */
  create(key: BlobKey): Promise<string>;
  /** Stores a part of so many bytes, over an earlier one of that number: the store's name for it. */
  put(
    key: BlobKey,
    upload: string,
    part: { number: number; bytes: number },
    body: ReadableStream<Uint8Array>,
  ): Promise<string>;
  /** Makes the blob of its parts; none make an empty one. Repeated it succeeds. Rejects `conflict` when the key is taken. */
  complete(key: BlobKey, upload: string, parts: readonly PartTaken[]): Promise<void>;
  /** Drops the parts; an upload that is not there is dropped already. */
  abort(key: BlobKey, upload: string): Promise<void>;
}

/** Where image bytes are kept. Every implementation passes `storeConformance` whole. */
export interface ImageStore extends ImageReader {
  /**
   * Stores the whole body or nothing. No reader and no listing sees the blob before it is whole; once this resolves, a
   * crash does not lose it. Rejects `conflict` when the key is taken, and leaves the other's bytes alone; of two writers
   * to one key at most one wins. Rejects `full` when the store has no room, `writeDenied` when it may not be written.
   * An error of the body is passed on. A rejection cancels what is left of the body: a caller whose client must be heard
   * out puts a pipe between.
   */
  put(key: BlobKey, body: ReadableStream<Uint8Array>, opts?: PutOptions): Promise<Stored>;
  /** Present where a blob can be written in parts. */
  readonly parts?: PartUploads;
  /** Whether nothing is under the key; only of stores that tell it at hardly any cost. */
  isUnused?(key: BlobKey): Promise<boolean>;
  /** The URL that `put` of this key answers with, known before a byte is written. */
  locationOf(key: BlobKey): Location;
  /**
   * Deleting what is not there succeeds. A put of the same key that still runs in this process is ended: it rejects
   * `gone` and stores nothing. One that runs in another process may still finish, so a key whose writer was lost is
   * deleted once more later. Rejects `busy` where other data depends on the blob.
   */
  delete(location: Location): Promise<void>;
  /**
   * Present where other data may depend on a blob: names of what would have `delete` reject `busy`, for people to read;
   * none where nothing would. Rejects as `stat` does.
   */
  dependents?(location: Location): Promise<readonly string[]>;
  /** Every key under the prefix, over as many pages as it takes, in no promised order. */
  list(prefix: string): AsyncIterable<BlobKey>;
}

/** Whether bytes can be put into it and removed from it; else its locations are only ever read and forgotten. */
export const isWritable = (store: ImageReader | undefined): store is ImageStore =>
  store !== undefined && "put" in store;

/** What can be read of a store that nothing is to be done to. */
export function readerOf(store: ImageReader): ImageReader {
  const digest = store.digest?.bind(store);
  return {
    can: store.can,
    get: (...asked) => store.get(...asked),
    stat: (location) => store.stat(location),
    ...(digest ? { digest } : {}),
  };
}

/** Rejects `invalid` for a key that is none. */
export function checkKey(key: BlobKey): void {
  if (!BLOB_KEY.test(key))
    throw new ServiceError(
      "invalid",
      `${JSON.stringify(key.slice(0, 80))} is not a name that a store keeps.`,
    );
}

export const isBlobKey = (name: string): boolean => BLOB_KEY.test(name);

/** The key of a location that is one of the prefixes followed by a key. Rejects `invalid` for any other. */
export function keyOf(location: Location, ...prefixes: readonly string[]): BlobKey {
  const prefix = prefixes.find((p) => location.startsWith(p));
  const key = prefix === undefined ? "" : location.slice(prefix.length);
  if (!isBlobKey(key)) throw new ServiceError("invalid", "The location belongs to another store.");
  return key;
}

/** A range as it applies to a blob of `size` bytes. Rejects `badRange`. */
export function clipRange(range: Range | undefined, size: number): { start: number; length: number } {
  if (range === undefined) return { start: 0, length: size };
  const { start, end = size - 1 } = range;
  const sane = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start;
  if (start >= size || !sane)
    throw new ServiceError(
      "badRange",
      `The range starts at byte ${start} of ${size}, or ends before it starts.`,
    );
  return { start, length: Math.min(end, size - 1) - start + 1 };
}
