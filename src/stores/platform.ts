import type { ServiceError } from "../domain/errors.ts";
import type { HashAlgo, PutOptions, Stored } from "./contract.ts";
import type { Piece } from "./http-body.ts";
import type { PartedWriting } from "./put-blob.ts";

/** A digest of bytes as they pass by. An unfinished one is simply dropped. */
export interface RunningDigest {
  write(chunk: Uint8Array): Promise<void>;
  /** Lower-case hexadecimal. */
  finish(): Promise<string>;
}

export interface Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** An answer's body, of `length` bytes. */
export interface JoinedPart {
  readonly length: number;
  open(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export interface Joined {
  readonly idleSeconds: number;
  /** Makes the error for a body that ends early, stalls or breaks. */
  readonly failure: (cause: unknown) => ServiceError;
}

/**
 * What stores that are reached by requests need of their runtime: the worker has workerd.ts, a relay
 * relay/drivers/object/ (docs/decisions/0029-a-relay-carries-bytes-of-the-workers-stores.md).
 */
export interface StorePlatform {
  /** A pipe for exactly this many bytes, or for any number if absent. */
  pipe(bytes?: number): Pipe;
  digest(algo: "md5" | HashAlgo): RunningDigest;
  /** This many bytes of an answer's body. Fails rather than deliver fewer. */
  piece(body: ReadableStream<Uint8Array> | null, piece: Piece): ReadableStream<Uint8Array>;
  /**
   * The bodies of several answers as one. The first is requested at once, each later one towards the end of the one
   * before it. Absent where a request may make only a few requests of its own.
   */
  join?(parts: readonly JoinedPart[], joined: Joined): ReadableStream<Uint8Array>;
  /** Writes a body to the store, and hashes it on the way. */
  write(body: ReadableStream<Uint8Array>, opts: PutOptions, writing: PartedWriting): Promise<Stored>;
}
