import { ServiceError } from "../domain/errors.ts";
import type { RunningDigest } from "./platform.ts";
import type { Sink } from "./sinks.ts";
import type { SwiftCapabilities } from "./swift-info.ts";
import { segmentName } from "./swift-location.ts";
import {
  isOwn,
  putBytes,
  removeOwn,
  type SwiftSegment,
  type SwiftTarget,
  writeManifest,
} from "./swift-manifest.ts";
import { ObjectPut } from "./swift-object-put.ts";
import { headOf, MARK_HEADER, removeObjects } from "./swift-objects.ts";

const MiB = 1024 * 1024;

/** The target of a put, and its limits. */
export interface SwiftPut extends SwiftTarget {
  /** Called if a request fails while the body is still being written. */
  readonly failed: (reason: unknown) => void;
  readonly can: SwiftCapabilities;
  /** How many bytes are kept so that they can be sent again. */
  readonly bufferBytes: number;
  readonly segmentBytes: number;
}

/**
 * A body of known length, at least one byte, in one put. The last byte is held back until the body has ended and the
 * last check has passed: without it there is no object.
 */
export class SinglePut implements Sink {
  readonly #target: SwiftPut;
  readonly #put: ObjectPut;
  #left: number;
  #last: Uint8Array = new Uint8Array();
  #mayBeThere = false;

  constructor(target: SwiftPut, size: number) {
    const { bufferBytes: keepBytes, client, container, failed, key: name, mark } = target;
    const headers = { [MARK_HEADER]: mark, "if-none-match": "*" };
    this.#target = target;
    this.#put = new ObjectPut({ client, container, name, headers, size, keepBytes, failed });
    this.#left = size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#left -= chunk.byteLength;
    if (this.#left > 0) return this.#put.write(chunk);
    this.#last = chunk.slice(-1);
    if (chunk.byteLength > 1) await this.#put.write(chunk.subarray(0, -1));
  }

  async finish(lastCheck: () => Promise<void>, md5: string): Promise<void> {
    await lastCheck();
    this.#mayBeThere = true;
    const etag = await this.#written().catch((error: unknown) => this.#foundAfter(error));
    if (etag !== md5) throw this.#target.client.unexpected("it has other bytes than it was given");
  }

  async abort(reason: unknown): Promise<void> {
    await this.#put.abort(reason);
    if (this.#mayBeThere) await removeOwn(this.#target, []).catch(() => {});
  }

  async #written(): Promise<string> {
    await this.#put.write(this.#last);
    return this.#put.finish();
  }

  /** A put that was sent again may find what the first attempt wrote. */
  async #foundAfter(error: unknown): Promise<string> {
    if (!(error instanceof ServiceError) || error.kind !== "conflict") throw error;
    const head = await headOf(this.#target.client, this.#target);
    if (head && (await isOwn(this.#target, head, []))) return head.etag;
    throw error;
  }
}

/** The size of each segment. Together they hold what `size` says, or as much as the allowed number of segments can. */
export class SegmentSizes {
  readonly #most: number;
  readonly #base: number;
  readonly #largest: number;
  readonly #grows: boolean;

  constructor(can: SwiftCapabilities, segmentBytes: number, size: number | undefined) {
    this.#most = can.slo?.maxSegments ?? can.maxDynamicSegments;
    this.#largest = can.maxFileBytes;
    this.#grows = size === undefined;
    const wanted = Math.max(segmentBytes, can.slo?.minSegmentBytes ?? 1);
    const suffices = size === undefined || wanted * this.#most >= size;
    this.#base = suffices ? wanted : Math.ceil(size / this.#most / MiB) * MiB;
    if (size !== undefined && Math.min(this.#base, this.#largest) * this.#most < size)
      throw new ServiceError(
        "tooLarge",
        `The store keeps images of at most ${this.#largest * this.#most} bytes.`,
      );
  }

  /**
   * The size of segment `number`, from 1. If the length is unknown, sizes double after each eighth of the allowed
   * number, so that few segments are small and all together suffice. Undefined past the last one.
   */
  of(number: number): number | undefined {
    if (number > this.#most) return undefined;
    const doublings = this.#grows ? Math.floor(((number - 1) * 8) / this.#most) : 0;
    return Math.min(this.#base * 2 ** doublings, this.#largest);
  }

  get total(): number {
    let total = 0;
    for (let number = 1; number <= this.#most; number++) total += this.of(number) ?? 0;
    return total;
  }
}

interface OpenSegment {
  readonly name: string;
  readonly put: ObjectPut;
  readonly md5: RunningDigest;
  readonly bytes: number;
  left: number;
}

/** Segments streamed one after another, then their manifest. With unknown length they are sent chunked. */
export class Segments implements Sink {
  readonly #target: SwiftPut;
  readonly #sizes: SegmentSizes;
  readonly #done: SwiftSegment[] = [];
  readonly #names: string[] = [];
  #open: OpenSegment | undefined;
  /** Bytes of the body that are still to come, if its length is known. */
  #left: number | undefined;
  #mayBeThere = false;

  constructor(target: SwiftPut, size: number | undefined) {
    this.#target = target;
    this.#sizes = new SegmentSizes(target.can, target.segmentBytes, size);
    this.#left = size;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      this.#open ??= this.#next();
      const { md5, put, left } = this.#open;
      const piece = chunk.subarray(at, at + left);
      await Promise.all([md5.write(piece), put.write(piece)]);
      at += piece.byteLength;
      this.#open.left -= piece.byteLength;
      if (this.#left !== undefined) this.#left -= piece.byteLength;
      if (this.#open.left === 0) await this.#close(this.#open);
    }
  }

  async finish(lastCheck: () => Promise<void>): Promise<void> {
    if (this.#open) await this.#close(this.#open);
    await lastCheck();
    this.#mayBeThere = true;
    await writeManifest(this.#target, this.#done, this.#target.can);
  }

  /**
   * What cannot be removed now, because the server or a late writer still holds it, `SwiftStore.delete` finds later.
   */
  async abort(reason: unknown): Promise<void> {
    await this.#open?.put.abort(reason);
    const { client, container } = this.#target;
    if (this.#mayBeThere) await removeOwn(this.#target, this.#done).catch(() => {});
    await removeObjects(client, container, this.#names).catch(() => {});
  }

  #next(): OpenSegment {
    const { bufferBytes: keepBytes, client, container, failed, key, mark } = this.#target;
    const number = this.#names.length + 1;
    const most = this.#sizes.of(number);
    if (most === undefined)
      throw new ServiceError(
        "tooLarge",
        `Image data of unknown length can be at most ${this.#sizes.total} bytes here. Send its length, in Content-Length or X-OpenStack-Image-Size.`,
      );
    const name = segmentName(key, mark, number);
    this.#names.push(name);
    const size = this.#left === undefined ? undefined : Math.min(most, this.#left);
    const sized = size === undefined ? {} : { size };
    const put = new ObjectPut({ client, container, name, keepBytes, failed, ...sized });
    const bytes = size ?? most;
    return { name, put, md5: client.platform.digest("md5"), bytes, left: bytes };
  }

  async #close({ name, put, md5, bytes, left }: OpenSegment): Promise<void> {
    const [etag, expected] = await Promise.all([put.finish(), md5.finish()]);
    if (etag !== expected) throw this.#target.client.unexpected("it has other bytes than it was given");
    this.#open = undefined;
    this.#done.push({ name, etag, bytes: bytes - left });
  }
}

/** A body of unknown length: if it fits the buffer it becomes one put that can be sent again, otherwise segments. */
export class Unannounced implements Sink {
  readonly #target: SwiftPut;
  #buffer: Uint8Array;
  #filled = 0;
  #segments: Segments | undefined;
  #mayBeThere = false;

  constructor(target: SwiftPut) {
    this.#target = target;
    this.#buffer = new Uint8Array(target.bufferBytes);
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#segments && this.#filled + chunk.byteLength <= this.#buffer.byteLength) {
      this.#buffer.set(chunk, this.#filled);
      this.#filled += chunk.byteLength;
      return;
    }
    if (!this.#segments) {
      this.#segments = new Segments(this.#target, undefined);
      await this.#segments.write(this.#buffer.subarray(0, this.#filled));
      this.#buffer = new Uint8Array();
    }
    await this.#segments.write(chunk);
  }

  async finish(lastCheck: () => Promise<void>, md5: string): Promise<void> {
    if (this.#segments) return this.#segments.finish(lastCheck);
    await lastCheck();
    this.#mayBeThere = true;
    await putBytes(this.#target, this.#buffer.subarray(0, this.#filled), md5);
  }

  async abort(reason: unknown): Promise<void> {
    await this.#segments?.abort(reason);
    if (this.#mayBeThere) await removeOwn(this.#target, []).catch(() => {});
  }
}
