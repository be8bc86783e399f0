import type { ServiceError } from "../domain/errors.ts";
import type { HashAlgo, PutOptions, Stored } from "./contract.ts";
import type { Piece } from "./http-body.ts";
import type { PartedWriting } from "./put-blob.ts";

/** A digest of bytes as they pass by. One that is not finished is dropped. */
export interface RunningDigest {
  write(chunk: Uint8Array): Promise<void>;
  /** Lower-case hexadecimal. */
  finish(): Promise<string>;
}

export interface Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** An answer's body, of so many bytes. */
export interface JoinedPart {
  readonly length: number;
  open(signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export interface Joined {
  readonly idleSeconds: number;
  /** What is told when a body ends early, stops or breaks. */
  readonly failure: (cause: unknown) => ServiceError;
}

/**
 * What stores that are reached by requests need of where they run: the worker has workerd.ts, a relay
 * relay/drivers/object/ (docs/decisions/0029).
 */
export interface StorePlatform {
  /** For so many bytes, and an error for any other number; without a number for any. */
  pipe(bytes?: number): Pipe;
  digest(algo: "md5" | HashAlgo): RunningDigest;
  /** So many bytes of an answer's body, and an error rather than fewer. */
  piece(body: ReadableStream<Uint8Array> | null, piece: Piece): ReadableStream<Uint8Array>;
  /**
   * Several answers' bodies as one: the first is asked for at once, each other one towards the end of the one before it. Absent
   * where a request may make but a few of its own.
   */
  join?(parts: readonly JoinedPart[], joined: Joined): ReadableStream<Uint8Array>;
  /** Moves a body to where it is kept, and hashes it on the way. */
  write(body: ReadableStream<Uint8Array>, opts: PutOptions, writing: PartedWriting): Promise<Stored>;
}
