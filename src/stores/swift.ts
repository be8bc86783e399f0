import { ServiceError } from "../domain/errors.ts";
import { RELAY_PART_BYTES, RELAY_PART_BYTES_MOST } from "../limits.ts";
import { discard, lengthOf } from "../outbound/answers.ts";
import {
  type BlobInfo,
  type BlobKey,
  clipRange,
  type ImageStore,
  isBlobKey,
  type Location,
  notFound,
  type OpenBlob,
  type PutOptions,
  type Range,
  type Stored,
} from "./contract.ts";
import { cancelling } from "./pump.ts";
import type { BlobWriting, PartedWriting } from "./put-blob.ts";
import { endPuts } from "./running-puts.ts";
import { partBytesFor, type Sink } from "./sinks.ts";
import type { SwiftClient } from "./swift-client.ts";
import {
  containerOf,
  isSegment,
  locationOf,
  objectAt,
  type SwiftNames,
  type SwiftObject,
} from "./swift-location.ts";
import { putOwn, type SwiftTarget } from "./swift-manifest.ts";
import {
  etagOf,
  headOf,
  listed,
  ownSegments,
  removeObject,
  removeObjects,
  removeSegments,
  removeStatic,
} from "./swift-objects.ts";
import { mostParts, newMark, STATIC_PARTS, SwiftParts } from "./swift-parts.ts";
import { openSegments } from "./swift-segments.ts";
import { Segments, SinglePut, type SwiftPut, Unannounced } from "./swift-sinks.ts";

export interface SwiftStoreOptions extends SwiftNames {
  readonly client: SwiftClient;
  /** Bodies of at least this size are sent in segments. */
  readonly largeObjectBytes: number;
  readonly segmentBytes: number;
  /** What an upload keeps in memory so that it can be sent again. */
  readonly bufferBytes: number;
  /** Part size, for a platform that sends several parts at once. */
  readonly partBytes?: number;
}

/**
 * Images in the containers of one Swift account, OpenStack's or Ceph's, laid out as Glance does (spec/stores.md section
 * 6.2), so that Glance and Glimpse can read what the other wrote. The server is asked what it can do. Segments belong
 * to an upload, not to a key: a manifest never names what another writer stored.
 */
export class SwiftStore implements ImageStore {
  readonly can = { range: true };
  readonly parts: SwiftParts;
  readonly #options: SwiftStoreOptions;

  constructor(options: SwiftStoreOptions) {
    this.#options = options;
    this.parts = new SwiftParts(options.client, options);
  }

  locationOf(key: BlobKey): Location {
    return locationOf(this.#options, key);
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, () => this.#put(key, body, opts));
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    const object = this.#objectAt(location);
    signal?.throwIfAborted();
    if (range) clipRange(range, Number.MAX_SAFE_INTEGER);
    const path = `${object.container}/${object.key}`;
    const found = range ? undefined : await openSegments(this.#options.client, path, signal);
    if (found && !(found instanceof Response)) return found;
    const headers = range ? { range: `bytes=${range.start}-${range.end ?? ""}` } : {};
    const response = found ?? (await this.#options.client.ask({ method: "GET", path, headers, signal }));
    try {
      return await this.#opened(response, object, range);
    } catch (error) {
      await discard(response);
      throw error;
    }
  }

  async stat(location: Location): Promise<BlobInfo> {
    const { client } = this.#options;
    const object = this.#objectAt(location);
    const head = await headOf(client, object);
    if (head) return { size: head.size };
    // If containers may be created, a missing one contains no key.
    if (!client.createsContainers) await client.requireContainer(object.container);
    throw notFound();
  }

  /**
   * Where both are removed here, the manifest goes before its segments: without it nobody takes a part for the whole.
   */
  async delete(location: Location): Promise<void> {
    const object = this.#objectAt(location);
    const { client } = this.#options;
    // Not awaited: the put may belong to another request, which this one cannot wait for.
    void endPuts(location);
    const head = await headOf(client, object);
    if (head?.isStatic) await removeStatic(client, object);
    // Ceph does not find a large object with missing segments, although its manifest still exists.
    else await removeObject(client, object.container, object.key);
    const own = head?.manifest === undefined ? undefined : ownSegments(object.key, head.manifest);
    if (own) {
      const names: string[] = [];
      for await (const { name } of listed(client, own.container, own.prefix)) names.push(name);
      await removeObjects(client, own.container, names);
    }
    await removeSegments(client, object);
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    for await (const container of this.#containers(prefix))
      for await (const { name } of listed(this.#options.client, container, prefix))
        if (isBlobKey(name) && !isSegment(name)) yield name;
  }

  /** The containers that may hold keys with the prefix. */
  async *#containers(prefix: string): AsyncIterable<string> {
    const { client, container, containerSeed } = this.#options;
    if (containerSeed === 0) return yield container;
    const beginning = `${container}_`;
    const wanted = prefix.toLowerCase();
    for await (const { name } of listed(client, "", beginning)) {
      const shard = name.slice(beginning.length);
      if (shard.startsWith(wanted) || wanted.startsWith(shard)) yield name;
    }
  }

  async #opened(response: Response, object: SwiftObject, range: Range | undefined): Promise<OpenBlob> {
    const { client } = this.#options;
    if (response.status === 404) {
      await client.requireContainer(object.container);
      throw notFound();
    }
    if (range && response.status === 416) {
      // In that case Ceph does not state the length.
      clipRange(range, (await headOf(client, object))?.size ?? 0);
      throw client.unexpected("it says of a range that it cannot be had");
    }
    if (response.status !== 200 && response.status !== 206) throw client.failed("GET", response);
    const size = response.status === 206 ? sizeInRange(response) : lengthOf(response);
    if (size === undefined) throw client.unexpected("it does not tell how long an object is");
    const { start, length } = clipRange(range, size);
    const isWhole = response.status === 200;
    if (isWhole ? start > 0 || length < size : lengthOf(response) !== length)
      throw client.unexpected("it answers with another range than was asked for");
    const { idleSeconds } = client;
    const failure = (cause: unknown) => client.brokeOff(cause);
    const body = client.platform.piece(response.body, { skip: 0, length, idleSeconds, failure });
    // A Glance on the same container may replace the object.
    const etag = etagOf(response);
    return { size, body, ...(etag === "" ? {} : { version: etag }) };
  }

  async #put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions): Promise<Stored> {
    const location = this.locationOf(key);
    opts.signal?.throwIfAborted();
    const { bufferBytes, client, segmentBytes } = this.#options;
    const object = { container: containerOf(this.#options, key), key };
    await client.ensureContainer(object.container);
    const can = await client.capabilities();
    const target = { ...object, client, mark: newMark(), can, bufferBytes, segmentBytes };
    return client.platform.write(body, opts, {
      key,
      location,
      sink: (promised, failed) => this.#sinkFor({ ...target, failed }, promised),
      exists: async () => (await headOf(client, object)) !== undefined,
      remove: () => this.delete(location),
      ...this.#inParts(target),
    });
  }

  /** As for an upload through a relay: one segment for each part, all with one mark. */
  #inParts(target: SwiftTarget & Pick<SwiftPut, "can">): Omit<PartedWriting, keyof BlobWriting> {
    const { can, key, mark } = target;
    const { partBytes = RELAY_PART_BYTES } = this.#options;
    const sized = { maxParts: STATIC_PARTS, partBytes };
    return {
      partBytes: (promised = 0) => Math.min(partBytesFor(promised, sized), RELAY_PART_BYTES_MOST),
      maxParts: mostParts(can),
      checksParts: true,
      whole: (bytes, md5) => putOwn(target, bytes, md5),
      begin: async () => ({
        put: async (number, body, bytes, signal, md5) => {
          if (body instanceof ReadableStream) throw new Error("a part that is sent again is no stream");
          const part = { number, bytes, body, signal };
          return { number, etag: await this.parts.putWhole(key, mark, part, await md5) };
        },
        complete: (parts) => this.parts.complete(key, mark, parts),
        abort: () => this.parts.abort(key, mark),
      }),
    };
  }

  #sinkFor(target: SwiftPut, size: number | undefined): Sink {
    if (size === undefined || size === 0) return new Unannounced(target);
    const isSmall = size < this.#options.largeObjectBytes && size <= target.can.maxFileBytes;
    return isSmall ? new SinglePut(target, size) : new Segments(target, size);
  }

  #objectAt(location: Location): SwiftObject {
    const object = objectAt(this.#options, location);
    if (!object) throw new ServiceError("invalid", "The location belongs to another store.");
    return object;
  }
}

function sizeInRange({ headers }: Response): number | undefined {
  const said = /^bytes \d{1,16}-\d{1,16}\/(\d{1,16})$/.exec(headers.get("content-range") ?? "");
  const size = Number(said?.[1] ?? Number.NaN);
  return Number.isSafeInteger(size) ? size : undefined;
}
