import { ServiceError } from "../domain/errors.ts";
import { discard } from "../outbound/answers.ts";
import { type BlobKey, type PartTaken, type PartUploads, taken } from "./contract.ts";
import { pump } from "./pump.ts";
import type { SwiftClient } from "./swift-client.ts";
import type { SwiftCapabilities } from "./swift-info.ts";
import { checkSwiftKey, containerOf, type SwiftNames, segmentName } from "./swift-location.ts";
import { isOwn, putBytes, type SwiftSegment, type SwiftTarget, writeManifest } from "./swift-manifest.ts";
import { ObjectPut } from "./swift-object-put.ts";
import { etagOf, headOf, removeSegments } from "./swift-objects.ts";

/** A server refuses early, and the sender of a part can send it again; many parts are on their way in one isolate. */
const KEEP_BYTES = 2 * 1024 * 1024;

/** A part that moves more slowly than this is given up. */
const LEAST_BYTES_PER_SECOND = 64 * 1024;

/** The default limit of static manifests. An image of more parts becomes a dynamic large object. */
export const STATIC_PARTS = 1000;

/**
 * A part is a segment; an upload's id is the mark in its segments' names. The server has nothing of it before the first
 * segment.
 */
export class SwiftParts implements PartUploads {
  readonly suitableParts = STATIC_PARTS;
  readonly #client: SwiftClient;
  readonly #names: SwiftNames;

  constructor(client: SwiftClient, names: SwiftNames) {
    this.#client = client;
    this.#names = names;
  }

  async create(key: BlobKey): Promise<string> {
    checkSwiftKey(key);
    return newMark();
  }

  async put(
    key: BlobKey,
    upload: string,
    { number, bytes }: { number: number; bytes: number },
    body: ReadableStream<Uint8Array>,
  ): Promise<string> {
    const { client, container } = this.#target(key, upload);
    if (number > mostParts(await client.capabilities()))
      throw new ServiceError("tooLarge", `The store ${client.id} takes no image of so many parts.`);
    await client.ensureContainer(container);
    const stop = new AbortController();
    const put = new ObjectPut({
      client,
      container,
      name: segmentName(key, upload, number),
      size: bytes,
      keepBytes: KEEP_BYTES,
      failed: (reason) => stop.abort(reason),
    });
    const md5 = client.platform.digest("md5");
    try {
      await pump(body, { size: bytes, signal: stop.signal }, (chunk) =>
        Promise.all([md5.write(chunk), put.write(chunk)]),
      );
      const [etag, expected] = await Promise.all([put.finish(), md5.finish()]);
      if (etag !== expected) throw client.unexpected("it has other bytes than it was given");
      return `${etag}/${bytes}`;
    } catch (error) {
      await put.abort(error);
      throw error;
    }
  }

  /** The same for a whole part in memory, with its MD5. It is retried after temporary failures. */
  async putWhole(
    key: BlobKey,
    upload: string,
    { number, bytes, body, signal }: WholePart,
    md5: string | undefined,
  ): Promise<string> {
    const { client, container } = this.#target(key, upload);
    const response = await client.ask({
      method: "PUT",
      path: `${container}/${segmentName(key, upload, number)}`,
      headers: { "content-type": "application/octet-stream" },
      body,
      signal,
      seconds: client.answerSeconds + bytes / LEAST_BYTES_PER_SECOND,
    });
    await discard(response);
    if (response.status === 404) client.forgetContainer(container);
    if (!response.ok) throw client.failed("PUT", response);
    const etag = etagOf(response);
    if (etag !== md5) throw client.unexpected("it has other bytes than it was given");
    return `${etag}/${bytes}`;
  }

  async complete(key: BlobKey, upload: string, parts: readonly PartTaken[]): Promise<void> {
    const target = this.#target(key, upload);
    const { client, container } = target;
    const segments = parts.map((part) => segmentOf(key, upload, part));
    const found = await headOf(client, target);
    if (found && (await isOwn(target, found, segments))) return;
    if (found) throw taken(key);
    if (segments.length > 0) return writeManifest(target, segments, await client.capabilities());
    await client.ensureContainer(container);
    await putBytes(target, new Uint8Array(), await client.platform.digest("md5").finish());
  }

  async abort(key: BlobKey, upload: string): Promise<void> {
    await removeSegments(this.#client, this.#target(key, upload), upload);
  }

  #target(key: BlobKey, mark: string): SwiftTarget {
    return { client: this.#client, container: containerOf(this.#names, key), key, mark };
  }
}

interface WholePart {
  readonly number: number;
  readonly bytes: number;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

/** The most parts that an image can have. */
export const mostParts = ({ maxDynamicSegments, slo }: SwiftCapabilities): number =>
  Math.max(maxDynamicSegments, slo?.maxSegments ?? 0);

/** Distinguishes the segments and objects of one upload from those of any other. */
export const newMark = (): string => crypto.randomUUID().replaceAll("-", "").slice(0, 12);

/** The store's tag for a part is `<ETag>/<bytes>`: the manifest needs both. */
function segmentOf(key: BlobKey, mark: string, { etag, number }: PartTaken): SwiftSegment {
  const [hash = "", bytes = ""] = etag.split("/");
  return { name: segmentName(key, mark, number), etag: hash, bytes: Number(bytes) };
}
