/**
 * The contract that every store keeps, on both sides of the wire. `test/conformance/store.ts` is its executable form:
 * each sentence here has a case there. Streams are web streams; the relay implements the same interfaces in Node.
 *
 * Rejections are `ServiceError`s. A driver translates its back end's errors once, at its edge, and keeps the `cause`.
 */

import { ServiceError } from "../domain/errors.ts";

/** The name of a blob inside a store: an image id, or `<id>.<n>` for a later attempt. Used once, never overwritten. */
export type BlobKey = string;

/** Names that every back end and every URL accepts unchanged. A store rejects any other key with `invalid`. */
const BLOB_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** A location URL in the form that spec/stores.md gives for the scheme. Carries no credentials. */
export type Location = string;

/** How the store's locations name its keys. */
export interface LocationNames {
  locationOf(key: BlobKey): Location;
  /** Throws `invalid` for a location of another store. */
  keyOf(location: Location): BlobKey;
}

/** The bytes from `start` to `end`, both included, counted from 0. Without `end`: to the end of the blob. */
export interface Range {
  readonly start: number;
  readonly end?: number;
}

export interface BlobInfo {
  /** The size of the whole blob. */
  readonly size: number;
}

/** A blob that is open for reading. */
export interface OpenBlob extends BlobInfo {
  /** The requested bytes, the whole blob or the range. Fails rather than deliver fewer. */
  readonly body: ReadableStream<Uint8Array>;
  /** For a blob that others may replace: a value that changes with its bytes, if the back end has one. */
  readonly version?: string;
  /** The back end has no ranges: a range is read by reading everything before it. */
  readonly readsFromStart?: true;
}

/** What was written, as established in one pass by the program that wrote it. */
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
  /**
   * The number of bytes that the caller announces. Fewer or more reject `invalid`, and nothing is stored. Absent:
   * unknown.
   */
  readonly size?: number;
  /** More bytes than this reject `tooLarge` as soon as they are seen, and nothing is stored. */
  readonly maxBytes?: number;
  /** Default `sha512`. */
  readonly hashAlgo?: HashAlgo;
  /** Aborting rejects with the signal's reason or `unavailable`, and nothing is stored. */
  readonly signal?: AbortSignal;
  /**
   * Called when the put waits not for the body but for the store, which limits its own time. Ends when the result is
   * disposed of.
   */
  readonly waiting?: () => Disposable;
}

/**
 * Reads bytes by location URL, whether Glimpse, Glance or Nova wrote them. Passes the reader's cases of the conformance
 * suite.
 */
export interface ImageReader {
  readonly can: { readonly range: boolean };
  /**
   * Rejects `notFound` if there is no such blob, `badRange` if `start` is at or past its end (so any range of an empty
   * blob). An `end` past the last byte is clipped. Rejects `invalid` for a location of another store. Aborting rejects
   * while there is no stream yet; later, cancelling the stream frees its resources. A blob that is deleted while it is
   * being read may fail the stream, but never ends it early as if it were complete.
   */
  get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob>;
  /** Rejects `notFound`, and `invalid` for a location of another store. */
  stat(location: Location): Promise<BlobInfo>;
  /**
   * Present if the keeper of the bytes can read them more cheaply than the caller, and hashes them. Each call returns
   * the progress, and finally the result. The keeper gives up a digest that is no longer asked for. Rejects as `stat`
   * does.
   */
  digest?(location: Location, algo: string): Promise<DigestProgress>;
}

export type DigestProgress =
  /** Bytes hashed so far. */
  | { readonly hashed: number }
  /** MD5 and the requested algorithm's hash, lower-case hexadecimal. */
  | { readonly size: number; readonly checksum: string; readonly value: string };

/** A part that a store has accepted: its number, from 1, and the store's tag for it. */
export interface PartTaken {
  readonly number: number;
  readonly etag: string;
}

/**
 * A blob written by several requests, for writers that cannot send it in one. All parts have one size except the last,
 * which may be smaller. Nothing is visible before `complete`. The holder of the upload establishes size and hashes.
 */
export interface PartUploads {
  /** The number of parts that suits the store; it accepts more. Absent: any number. */
  readonly suitableParts?: number;
  /** Starts an upload to the key and returns the store's id for it. */
  create(key: BlobKey): Promise<string>;
  /** Stores a part of the given length, replacing an earlier one with its number. Returns the store's tag for it. */
  put(
    key: BlobKey,
    upload: string,
    part: { number: number; bytes: number },
    body: ReadableStream<Uint8Array>,
  ): Promise<string>;
  /**
   * Assembles the blob from its parts; no parts give an empty blob. Succeeds if repeated. Rejects `conflict` if the key
   * is taken.
   */
  complete(key: BlobKey, upload: string, parts: readonly PartTaken[]): Promise<void>;
  /** Drops the parts. Succeeds if there is no such upload. */
  abort(key: BlobKey, upload: string): Promise<void>;
}

/** A store of image bytes. Every implementation passes the whole of `storeConformance`. */
export interface ImageStore extends ImageReader {
  /**
   * Stores the whole body or nothing. No reader and no listing sees the blob before it is complete; once this resolves,
   * a crash does not lose it. Rejects `conflict` if the key is taken, and leaves the other's bytes alone; of two
   * writers to one key at most one succeeds. Rejects `full` if the store has no room, `writeDenied` if it may not be
   * written. An error of the body is passed on. A rejection cancels the rest of the body: a caller that must read its
   * client's body to the end puts a pipe in between.
   */
  put(key: BlobKey, body: ReadableStream<Uint8Array>, opts?: PutOptions): Promise<Stored>;
  /** Present if a blob can be written in parts. */
  readonly parts?: PartUploads;
  /** Whether nothing is under the key. Only for stores that can say so at hardly any cost. */
  isUnused?(key: BlobKey): Promise<boolean>;
  /** The location that `put` of this key returns, known before a byte is written. */
  locationOf(key: BlobKey): Location;
  /**
   * Succeeds if the blob does not exist. A put of the same key that is still running in this process is ended: it
   * rejects `gone` and stores nothing. One in another process may still finish, so a key whose writer was lost is
   * deleted once more later. Rejects `busy` if other data depends on the blob.
   */
  delete(location: Location): Promise<void>;
  /**
   * Present if other data may depend on a blob: the names, for people to read, of what would make `delete` reject
   * `busy`; empty if nothing would. Rejects as `stat` does.
   */
  dependents?(location: Location): Promise<readonly string[]>;
  /** Every key with the prefix, over as many pages as necessary, in no particular order. */
  list(prefix: string): AsyncIterable<BlobKey>;
}

/** Whether the store can be written to and deleted from; otherwise its locations are only read and forgotten. */
export const isWritable = (store: ImageReader | undefined): store is ImageStore =>
  store !== undefined && "put" in store;

/** Only the reading half of a store. */
export function readerOf(store: ImageReader): ImageReader {
  const digest = store.digest?.bind(store);
  return {
    can: store.can,
    get: (...asked) => store.get(...asked),
    stat: (location) => store.stat(location),
    ...(digest ? { digest } : {}),
  };
}

/** Throws `invalid` for a malformed key. */
export function checkKey(key: BlobKey): void {
  if (!BLOB_KEY.test(key))
    throw new ServiceError(
      "invalid",
      `${JSON.stringify(key.slice(0, 80))} is not a name that a store keeps.`,
    );
}

export const notFound = (): ServiceError => new ServiceError("notFound", "The store has no such image data.");

/** Each key is written once. */
export const taken = (key: BlobKey): ServiceError =>
  new ServiceError("conflict", `The store already holds image data under ${key}.`);

export const isBlobKey = (name: string): boolean => BLOB_KEY.test(name);

/** The key of a location that consists of one of the prefixes and a key. Throws `invalid` for any other. */
export function keyOf(location: Location, ...prefixes: readonly string[]): BlobKey {
  const prefix = prefixes.find((p) => location.startsWith(p));
  const key = prefix === undefined ? "" : location.slice(prefix.length);
  if (!isBlobKey(key)) throw new ServiceError("invalid", "The location belongs to another store.");
  return key;
}

/** A range applied to a blob of `size` bytes. Throws `badRange`. */
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
