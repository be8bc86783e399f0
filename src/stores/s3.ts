import type { ServiceError } from "../domain/errors.ts";
import { withoutStoreCredentials } from "../domain/location-url.ts";
import { BUFFER_BYTES, MAX_PARTS } from "../limits.ts";
import { discard, lengthOf } from "../outbound/answers.ts";
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
import type { StorePlatform } from "./platform.ts";
import { cancelling } from "./pump.ts";
import type { PartedWriting } from "./put-blob.ts";
import { endPuts } from "./running-puts.ts";
import { s3Prefixes } from "./s3-address.ts";
import { S3Client, type S3ClientOptions } from "./s3-client.ts";
import { S3Objects } from "./s3-objects.ts";
import { S3Parts } from "./s3-parts.ts";
import { UnexpectedAnswer } from "./s3-refusal.ts";
import { bucketXml } from "./s3-xml.ts";
import {
  BufferedParts,
  partBytesFor,
  SinglePut,
  type Sink,
  type SinkTarget,
  StreamedParts,
} from "./sinks.ts";

interface S3Times {
  readonly answerSeconds: number;
  /** A body in which nothing moves for this long is given up. */
  readonly idleSeconds: number;
  /** A buffered part that moves more slowly than this is given up, and sent again. */
  readonly leastBytesPerSecond: number;
  readonly patienceSeconds: number;
  readonly retryMilliseconds: number;
}

export interface S3StoreOptions
  extends Omit<S3ClientOptions, keyof S3Times | "answerSeconds">,
    Partial<S3Times> {
  readonly platform: StorePlatform;
  /** Size of the parts that are buffered. */
  readonly partBytes: number;
  /** Bodies of a known length below this are sent in one put. */
  readonly thresholdBytes: number;
  readonly maxParts?: number;
  /** Create the bucket if it is missing. */
  readonly createBucket?: boolean;
}

const DEFAULTS = {
  answerSeconds: 60,
  idleSeconds: 60,
  leastBytesPerSecond: 64 * 1024,
  patienceSeconds: 30,
  retryMilliseconds: 200,
  maxParts: MAX_PARTS,
  createBucket: false,
};

/** Buckets that this process has seen or created. */
const present = new Set<string>();

/**
 * Images in a bucket of any server that speaks S3, laid out as Glance does (spec/stores.md section 5): one object for
 * each image, under its key. Requests that can be repeated are retried for a while; streams never are.
 */
export class S3Store implements ImageStore {
  readonly can = { range: true };
  readonly parts: PartUploads;
  readonly #options: S3StoreOptions & typeof DEFAULTS;
  readonly #prefixes: [Location, ...Location[]];
  readonly #client: S3Client;
  readonly #objects: S3Objects;

  constructor(options: S3StoreOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#prefixes = s3Prefixes(options);
    this.#client = new S3Client(this.#options);
    this.#objects = new S3Objects(this.#client, { ...this.#options, name: this.#prefixes[0] });
    this.parts = new S3Parts(this.#objects, options.platform, () => this.#requireBucket());
  }

  locationOf(key: BlobKey): Location {
    checkKey(key);
    return this.#prefixes[0] + key;
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, async () => {
      const location = this.locationOf(key);
      opts.signal?.throwIfAborted();
      await this.#requireBucket();
      return this.#options.platform.write(body, opts, this.#writing(key, location));
    });
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    const key = this.#keyOf(location);
    signal?.throwIfAborted();
    if (range) clipRange(range, Number.MAX_SAFE_INTEGER);
    const { code, response } = await this.#client.ask({
      method: "GET",
      purpose: "read",
      key,
      ...(range ? { headers: { range: `bytes=${range.start}-${range.end ?? ""}` } } : {}),
      ...(signal ? { signal } : {}),
      expects: ["NoSuchKey", "InvalidRange", "416"],
    });
    if (code === "NoSuchKey") throw notFound();
    if (!response) {
      // Whether the range lies past the end is checked here: not every server states the object's length.
      clipRange(range, (await this.stat(location)).size);
      throw this.#ill("says of a range that it cannot be had");
    }
    try {
      return this.#opened(response, range);
    } catch (error) {
      await discard(response);
      throw error;
    }
  }

  async stat(location: Location): Promise<BlobInfo> {
    const key = this.#keyOf(location);
    const found = await this.#objects.find(key);
    if (found) {
      if (found.size === undefined) throw this.#ill(NO_LENGTH);
      return { size: found.size };
    }
    // Only an answer with a body says whether the key or the whole bucket is missing. If the bucket may be created, a
    // missing one contains no key, and an upload begins by checking its own key.
    const unmade = this.#options.createBucket ? ["NoSuchBucket"] : [];
    const { response } = await this.#client.ask({
      method: "GET",
      purpose: "read",
      key,
      headers: { range: "bytes=0-0" },
      expects: ["NoSuchKey", "InvalidRange", "416", ...unmade],
    });
    await discard(response);
    throw notFound();
  }

  async delete(location: Location): Promise<void> {
    const key = this.#keyOf(location);
    // Not awaited: the put may belong to another request, which this one cannot wait for.
    void endPuts(location);
    const { response } = await this.#client.ask({
      method: "DELETE",
      purpose: "write",
      key,
      expects: ["NoSuchKey"],
    });
    await discard(response);
    // The parts of a writer that was lost are in no listing of objects, but cost money.
    await this.#objects.dropUploads(key);
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    const query = { "list-type": "2", "encoding-type": "url", prefix };
    const pages = this.#client.pages(
      { method: "GET", purpose: "read", query },
      "ListBucketResult",
      (page) => ({
        "continuation-token": page.text("NextContinuationToken"),
      }),
    );
    for await (const page of pages) {
      const encoded = page.text("EncodingType") === "url";
      for (const object of page.all("Contents")) {
        const name = object.text("Key") ?? "";
        const key = encoded ? decoded(name) : name;
        if (isBlobKey(key)) yield key;
      }
    }
  }

  #keyOf(location: Location): BlobKey {
    return keyOf(withoutStoreCredentials(location), ...this.#prefixes);
  }

  #opened(response: Response, range: Range | undefined): OpenBlob {
    const { body, headers, status } = response;
    const length = lengthOf(response);
    if ((headers.get("content-encoding") ?? "identity") !== "identity")
      throw this.#ill("sends the data compressed");
    if (length === undefined) throw this.#ill(NO_LENGTH);
    const { idleSeconds, platform } = this.#options;
    const failure = (cause: unknown) => this.#client.refusal(cause, "read");
    // A Glance on the same bucket may replace the object.
    const etag = headers.get("etag");
    const version = etag === null ? {} : { version: etag };
    if (range === undefined || status !== 206) {
      const piece = clipRange(range, length);
      const at = { skip: piece.start, length: piece.length, idleSeconds, failure };
      return { size: length, body: platform.piece(body, at), ...version };
    }
    const [, start, end, size] = CONTENT_RANGE.exec(headers.get("content-range") ?? "") ?? [];
    const piece = clipRange(range, Number(size ?? 0));
    const isAsked = Number(start) === piece.start && Number(end) === piece.start + piece.length - 1;
    if (!isAsked || length !== piece.length) throw this.#ill("answers with another range");
    const whole = { skip: 0, length, idleSeconds, failure };
    return { size: Number(size), body: platform.piece(body, whole), ...version };
  }

  #writing(key: BlobKey, location: Location): PartedWriting {
    const { maxParts } = this.#options;
    const target = this.#targetFor(key);
    return {
      key,
      location,
      sink: (promised, failed) => this.#sinkFor(target, promised, failed),
      exists: async () => (await this.#objects.find(key)) !== undefined,
      remove: () => this.delete(location),
      partBytes: (promised = 0) => partBytesFor(promised, this.#options),
      maxParts,
      checksParts: false,
      whole: (bytes, _md5, signal) => target.put(bytes, bytes.byteLength, signal),
      begin: target.begin,
    };
  }

  #targetFor(key: BlobKey): SinkTarget {
    const objects = this.#objects;
    const mark = crypto.randomUUID();
    return {
      put: (body, bytes, signal) => objects.put(key, mark, { body, bytes, signal }),
      begin: async () => {
        const upload = await objects.begin(key, mark);
        return {
          put: (number, body, bytes, signal) => objects.putPart(key, upload, { number, body, bytes, signal }),
          complete: (parts) => objects.complete(key, mark, upload, parts),
          abort: () => objects.drop(key, upload),
        };
      },
    };
  }

  #sinkFor(target: SinkTarget, promised: number | undefined, failed: (reason: unknown) => void): Sink {
    const { idleSeconds, maxParts, partBytes, platform, thresholdBytes } = this.#options;
    const options = { failed, idleSeconds, maxParts, partBytes, pipe: platform.pipe };
    if (promised === undefined) return new BufferedParts(target, options);
    // What fits into one buffer can be sent again.
    if (promised <= partBytes)
      return new BufferedParts(target, { ...options, partBytes: Math.max(promised, 1) });
    if (promised < thresholdBytes) return new SinglePut(target, promised, options);
    const needed = partBytesFor(promised, options);
    return needed <= BUFFER_BYTES
      ? new BufferedParts(target, { ...options, partBytes: needed })
      : new StreamedParts(target, promised, options);
  }

  /** Creates the bucket on first use, if that is allowed (spec/stores.md section 5.2). */
  async #requireBucket(): Promise<void> {
    const [name] = this.#prefixes;
    const { createBucket, region } = this.#options;
    if (!createBucket || present.has(name)) return;
    const { response } = await this.#client.ask({
      method: "HEAD",
      purpose: "read",
      expects: ["404", "NoSuchBucket"],
    });
    if (!response) {
      const elsewhere = region !== "auto" && region !== "us-east-1";
      const made = await this.#client.ask({
        method: "PUT",
        purpose: "write",
        // Without a Content-Length it would be refused.
        body: elsewhere ? bucketXml(region) : "",
        // Another writer was first.
        expects: ["BucketAlreadyOwnedByYou", "OperationAborted"],
      });
      await discard(made.response);
    }
    present.add(name);
  }

  #ill(what: string): ServiceError {
    return this.#client.refusal(new UnexpectedAnswer(`the server ${what}`), "read");
  }
}

const NO_LENGTH = "does not tell how long the data is";
const CONTENT_RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/;

/** A name that cannot be decoded is not one of our keys. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return "";
  }
}
