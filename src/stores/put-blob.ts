import { type BlobKey, type Location, type PutOptions, type Stored, taken } from "./contract.ts";
import type { StorePlatform } from "./platform.ts";
import { pump } from "./pump.ts";
import { beginPut, putIsRunning } from "./running-puts.ts";
import type { PartsTarget, Sink } from "./sinks.ts";

/** How one store writes one key. */
export interface BlobWriting {
  readonly key: BlobKey;
  readonly location: Location;
  /** The sink for a body of this length; `failed` stops the pump. */
  sink(promised: number | undefined, failed: (reason: unknown) => void): Sink;
  /** Whether the key is taken. */
  exists(): Promise<boolean>;
  /** Removes what this attempt has published. */
  remove(): Promise<void>;
}

/** The same for a writer that has each part whole, and sends several at once. */
export interface PartedWriting extends BlobWriting {
  /** The size of all parts but the last one. */
  partBytes(promised: number | undefined): number;
  readonly maxParts: number;
  /** Whether parts must come with their MD5, against which the store's answer is checked. */
  readonly checksParts: boolean;
  /** Makes the blob from bytes that fit one part. Rejects `conflict` if the key is taken. */
  whole(bytes: Uint8Array, md5: string, signal: AbortSignal): Promise<void>;
  /** Starts a blob of several parts. */
  begin(): Promise<PartsTarget>;
}

/** `put` of a store that is written by requests: pumps the body into a sink and hashes it on the way. */
export async function putBlob(
  body: ReadableStream<Uint8Array>,
  opts: PutOptions,
  writing: BlobWriting,
  digest: StorePlatform["digest"],
): Promise<Stored> {
  return putOnce(writing, opts, async ({ signal, stop, lastCheck }) => {
    const hashAlgo = opts.hashAlgo ?? "sha512";
    const digests = [digest("md5"), digest(hashAlgo)] as const;
    const sink = writing.sink(opts.size, stop);
    try {
      const size = await pump(body, { ...opts, signal }, async (chunk) => {
        await Promise.all([...digests.map((hash) => hash.write(chunk)), sink.write(chunk)]);
      });
      const [md5, strong] = digests;
      const [checksum, hashValue] = await Promise.all([md5.finish(), strong.finish()]);
      await sink.finish(lastCheck, checksum);
      return { size, checksum, hashAlgo, hashValue };
    } catch (error) {
      await sink.abort(error);
      throw error;
    }
  });
}

interface PutUnderWay {
  readonly signal: AbortSignal;
  stop(reason: unknown): void;
  /** To be called when all bytes are sent and the blob is not yet visible. */
  lastCheck(): Promise<void>;
}

/** Does the work of a put, unless the key is taken or another put of the key is running. */
export async function putOnce(
  { exists, key, location, remove }: BlobWriting,
  opts: PutOptions,
  work: (put: PutUnderWay) => Promise<Omit<Stored, "location">>,
): Promise<Stored> {
  const refuseTaken = async () => {
    if (await exists()) throw taken(key);
  };
  if (putIsRunning(location)) throw taken(key);
  const put = beginPut(location, opts.signal);
  try {
    await refuseTaken();
    const written = await work({
      signal: put.signal,
      stop: put.stop,
      async lastCheck() {
        put.signal.throwIfAborted();
        await refuseTaken();
      },
    });
    // A delete that came while the store made the object visible found nothing to delete.
    if (put.signal.aborted) await remove();
    put.signal.throwIfAborted();
    return { location, ...written };
  } finally {
    put.finished();
  }
}
