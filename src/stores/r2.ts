import { MAX_PARTS, R2_PUT_BYTES } from "../limits.ts";
import {
  type BlobInfo,
  type BlobKey,
  checkKey,
  clipRange,
  type ImageStore,
  isBlobKey,
  keyOf,
  type Location,
  notFound,
  type OpenBlob,
  type PartUploads,
  type PutOptions,
  type Range,
  type Stored,
} from "./contract.ts";
import { cancelling } from "./pump.ts";
import { putBlob } from "./put-blob.ts";
import { R2Parts } from "./r2-parts.ts";
import { onR2, R2Target } from "./r2-target.ts";
import { endPuts } from "./running-puts.ts";
import { BufferedParts, SinglePut, type Sink, StreamedParts } from "./sinks.ts";
import { WORKERD } from "./workerd.ts";

export interface R2StoreOptions {
  readonly bucket: R2Bucket;
  /** The bucket's name, which the binding does not tell. */
  readonly name: string;
  /** Size of the parts of an upload of unknown length. */
  readonly partBytes: number;
  /** Bodies of a known length up to this are sent in one put, larger ones in streamed parts. */
  readonly putBytes?: number;
  /** Streamed parts are larger if otherwise there would be too many. */
  readonly streamedPartBytes?: number;
  readonly maxParts?: number;
}

const DEFAULTS = { putBytes: R2_PUT_BYTES, streamedPartBytes: 64 * 1024 * 1024, maxParts: MAX_PARTS };

/**
 * Images in an R2 bucket, reached through a binding. In a single put R2 itself refuses to overwrite. The binding has no
 * conditional completion of a multipart upload, so there the key is checked once more just before. Keys are used once,
 * so isolates do not race for them.
 */
export class R2Store implements ImageStore {
  readonly can = { range: true };
  readonly parts: PartUploads;
  readonly #options: Required<R2StoreOptions>;
  readonly #prefix: string;

  constructor(options: R2StoreOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#prefix = `r2://${options.name}/`;
    this.parts = new R2Parts(options.bucket);
  }

  locationOf(key: BlobKey): Location {
    checkKey(key);
    return this.#prefix + key;
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, async () => this.#put(key, body, opts));
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    const key = keyOf(location, this.#prefix);
    signal?.throwIfAborted();
    const { bucket } = this.#options;
    const whole = range ? clipRange(range, (await this.stat(location)).size) : undefined;
    const object = await onR2(() =>
      bucket.get(key, whole ? { range: { offset: whole.start, length: whole.length } } : {}),
    );
    if (!object) throw notFound();
    return { size: object.size, body: object.body };
  }

  async stat(location: Location): Promise<BlobInfo> {
    const key = keyOf(location, this.#prefix);
    const object = await onR2(() => this.#options.bucket.head(key));
    if (!object) throw notFound();
    return { size: object.size };
  }

  async delete(location: Location): Promise<void> {
    const key = keyOf(location, this.#prefix);
    // Not awaited: the put may belong to another request, which this one cannot wait for.
    void endPuts(location);
    await onR2(() => this.#options.bucket.delete(key));
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    const { bucket } = this.#options;
    let cursor: string | undefined;
    do {
      const page = await onR2(() => bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) }));
      for (const { key } of page.objects) if (isBlobKey(key)) yield key;
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }

  #put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions): Promise<Stored> {
    const { bucket } = this.#options;
    const writing = {
      key,
      location: this.locationOf(key),
      sink: (promised: number | undefined, failed: (reason: unknown) => void) =>
        this.#sinkFor(key, promised, failed),
      exists: async () => (await onR2(() => bucket.head(key))) !== null,
      remove: () => onR2(() => bucket.delete(key)),
    };
    return putBlob(body, opts, writing, WORKERD.digest);
  }

  #sinkFor(key: BlobKey, promised: number | undefined, failed: (reason: unknown) => void): Sink {
    const { bucket, maxParts, partBytes, putBytes, streamedPartBytes } = this.#options;
    const target = new R2Target(bucket, key);
    const { pipe } = WORKERD;
    if (promised === undefined || promised === 0)
      return new BufferedParts(target, { failed, maxParts, partBytes, pipe });
    const streamed = { failed, maxParts, partBytes: streamedPartBytes, pipe };
    return promised <= putBytes
      ? new SinglePut(target, promised, streamed)
      : new StreamedParts(target, promised, streamed);
  }
}
