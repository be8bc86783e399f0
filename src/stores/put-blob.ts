import { ServiceError } from "../domain/errors.ts";
import { BodyHashes } from "./body-hashes.ts";
import type { BlobKey, Location, PutOptions, Stored } from "./contract.ts";
import { pump } from "./pump.ts";
import { beginPut, putIsRunning } from "./running-puts.ts";
import type { Sink } from "./sinks.ts";

/** How one store writes one key. */
export interface BlobWriting {
  readonly key: BlobKey;
  readonly location: Location;
  /** Where a body of so many bytes goes; `failed` stops the pump. */
  sink(promised: number | undefined, failed: (reason: unknown) => void): Sink;
  /** Whether there is something under the key. */
  exists(): Promise<boolean>;
  /** Removes what this attempt has published. */
  remove(): Promise<void>;
}

/** `put` of a store that is written by requests: pumps the body into a sink and hashes it on the way. */
export async function putBlob(
  body: ReadableStream<Uint8Array>,
  opts: PutOptions,
  { exists, key, location, remove, sink: sinkFor }: BlobWriting,
): Promise<Stored> {
  const refuseTaken = async () => {
    if (await exists()) throw taken(key);
  };
  if (putIsRunning(location)) throw taken(key);
  const put = beginPut(location, opts.signal);
  try {
    await refuseTaken();
    const hashAlgo = opts.hashAlgo ?? "sha512";
    const hashes = new BodyHashes(hashAlgo);
    const sink = sinkFor(opts.size, put.stop);
    let size: number;
    let digests: Awaited<ReturnType<BodyHashes["finish"]>>;
    try {
      size = await pump(body, { ...opts, signal: put.signal }, async (chunk) => {
        await Promise.all([hashes.write(chunk), sink.write(chunk)]);
      });
      digests = await hashes.finish();
      await sink.finish(async () => {
        put.signal.throwIfAborted();
        await refuseTaken();
      }, digests.checksum);
    } catch (error) {
      await sink.abort(error);
      throw error;
    }
    // A delete that came while the store made the object visible found nothing to delete.
    if (put.signal.aborted) await remove();
    put.signal.throwIfAborted();
    return { location, size, hashAlgo, ...digests };
  } finally {
    put.finished();
  }
}

export const taken = (key: BlobKey): ServiceError =>
  new ServiceError("conflict", `The store already holds image data under ${key}.`);
