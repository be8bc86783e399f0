import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { type ErrorKind, ServiceError } from "../../../src/domain/errors.ts";
import {
  type BlobInfo,
  type BlobKey,
  checkKey,
  clipRange,
  type ImageStore,
  isBlobKey,
  type Location,
  type OpenBlob,
  type PutOptions,
  type Range,
  type Stored,
} from "../../../src/stores/contract.ts";
import { cancelling, pump } from "../../../src/stores/pump.ts";
import {
  RBD_SNAPSHOT,
  type RbdPlace,
  type RbdPool,
  rbdLocationOf,
  rbdPlaceOf,
} from "../../../src/stores/rbd-location.ts";
import { beginPut, endPuts } from "../../../src/stores/running-puts.ts";
import type { Checkpoint } from "../../checkpoint.ts";
import type { HashThreads } from "../../hashing/hash-threads.ts";
import { BlockPool, BlockWriter } from "../block-writer.ts";
import { Ceph, type CephOptions, WrongCluster } from "./ceph.ts";
import { LibrbdMissing } from "./ceph-process.ts";
import { ImageSink } from "./image-sink.ts";
import { streamOf } from "./image-stream.ts";
import { OpenImage } from "./open-image.ts";

/** A block is an object of the image: objects are written whole, and never read first. */
const BLOCKS = new BlockPool({ blockBytes: 8 * 1024 * 1024, perUpload: 3, spare: 6 });
/** How long a start waits for the cluster: one that is away must not delay the relay's other stores. */
const START_SECONDS = 5;
/** How long a put waits for others of its key to end. */
const PATIENCE_MILLISECONDS = 2000;
/** How many images a listing checks at once for their snapshot. */
const LOOKS = 4;

export interface RbdStoreOptions extends RbdPool, CephOptions {
  readonly threads: HashThreads;
  readonly checkpoint: Checkpoint;
  readonly log: Pick<Logger, "warn">;
}

interface Writer {
  readonly signal: AbortSignal;
  readonly ended: Promise<void>;
}

/**
 * Images in a pool of a Ceph cluster, laid out as Glance does (spec/stores.md section 4), so that Nova and Cinder can
 * clone them. An image is complete when it has its snapshot, which is made last; an image without one is not anybody's.
 */
export class RbdStore implements ImageStore {
  readonly can = { range: true };
  readonly #options: RbdStoreOptions;
  readonly #ceph: Ceph;
  readonly #removals = new Map<Location, Promise<void>>();
  /** The running puts: the promise of each one's end, and its key. */
  readonly #writers = new Map<Promise<void>, BlobKey>();

  private constructor(options: RbdStoreOptions) {
    this.#options = options;
    this.#ceph = new Ceph(options);
  }

  /**
   * Rejects if Ceph's libraries are missing, or a cluster other than the configured one answers. If the cluster does
   * not answer soon, each request waits for it.
   */
  static async open(options: RbdStoreOptions): Promise<RbdStore> {
    const store = new RbdStore(options);
    const connected = store.#ceph.process().catch((error) => {
      if (error instanceof LibrbdMissing || error instanceof WrongCluster) throw error;
    });
    const late = new AbortController();
    await Promise.race([connected, wait(START_SECONDS * 1000, undefined, late).catch(() => {})]);
    late.abort();
    // Requests report what fails later.
    connected.catch(() => {});
    return store;
  }

  async close(): Promise<void> {
    await this.#ceph.close();
  }

  locationOf(key: BlobKey): Location {
    checkKey(key);
    return rbdLocationOf(this.#options, key);
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, () => this.#put(key, body, opts));
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    const place = this.#placeOf(location);
    signal?.throwIfAborted();
    const image = await OpenImage.open(this.#ceph, place);
    try {
      signal?.throwIfAborted();
      const { size } = image;
      const body = streamOf(image, clipRange(range, size), {
        reopen: () => OpenImage.open(this.#ceph, place),
        confirm: () => this.#stat(place),
      });
      return { size, body };
    } catch (error) {
      await image.close();
      throw error;
    }
  }

  async stat(location: Location): Promise<BlobInfo> {
    return this.#stat(this.#placeOf(location));
  }

  async dependents(location: Location): Promise<readonly string[]> {
    const { image: name, ...at } = this.#placeOf(location);
    const { names } = await this.#ceph.ask({ do: "dependents", name, ...at });
    return names;
  }

  async delete(location: Location): Promise<void> {
    const place = this.#placeOf(location);
    await endPuts(this.locationOf(place.image));
    // Two removals at once would each find the image in use by the other.
    const running = this.#removals.get(location);
    if (running) return running;
    const removal = this.#remove(place).finally(() => this.#removals.delete(location));
    this.#removals.set(location, removal);
    return removal;
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    const { names } = await this.#ceph.ask({ do: "list" });
    const keys = names.filter((name) => isBlobKey(name) && name.startsWith(prefix));
    for (let at = 0; at < keys.length; at += LOOKS) {
      const some = keys.slice(at, at + LOOKS);
      const whole = await Promise.all(some.map((image) => this.#isWhole(image)));
      yield* some.filter((_, i) => whole[i]);
    }
  }

  async #put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions): Promise<Stored> {
    const location = this.locationOf(key);
    const put = beginPut(location, opts.signal);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    try {
      const image = await this.#create(key, opts.size ?? 0, { signal: put.signal, ended });
      try {
        return { location, ...(await this.#write(key, image, body, { ...opts, signal: put.signal })) };
      } catch (error) {
        await this.#discard(key, image);
        throw error;
      }
    } finally {
      put.finished();
      end();
      this.#writers.delete(ended);
    }
  }

  /**
   * The key may be taken by a put whose client has gone and which is removing its image. It will be free soon, so this
   * waits a little.
   */
  async #create(key: BlobKey, size: number, put: Writer): Promise<OpenImage> {
    const { ended, signal } = put;
    signal.throwIfAborted();
    const before = this.#writersOf(key);
    this.#writers.set(ended, key);
    try {
      return await OpenImage.create(this.#ceph, key, size);
    } catch (error) {
      const others = [...before, ...this.#writersOf(key)].filter((other) => other !== ended);
      if (others.length === 0 || !isKind(error, "conflict")) throw error;
      await Promise.race([Promise.all(others), wait(PATIENCE_MILLISECONDS, undefined, { ref: false })]);
      signal.throwIfAborted();
      return OpenImage.create(this.#ceph, key, size);
    }
  }

  #writersOf(key: BlobKey): Promise<void>[] {
    return [...this.#writers].flatMap(([ended, of]) => (of === key ? [ended] : []));
  }

  async #write(key: BlobKey, image: OpenImage, body: ReadableStream<Uint8Array>, opts: PutOptions) {
    const { threads, checkpoint } = this.#options;
    const hashAlgo = opts.hashAlgo ?? "sha512";
    const writer = new BlockWriter({
      sink: new ImageSink(image, opts.size ?? 0),
      pool: BLOCKS,
      threads,
      hashAlgo,
      afterFirstBlock: () => checkpoint("relay-mid-body", key),
    });
    try {
      const size = await pump(body, opts, (chunk) => writer.write(chunk));
      const digests = await writer.finish();
      await checkpoint("relay-before-publish", key);
      opts.signal?.throwIfAborted();
      await image.publish();
      await checkpoint("relay-after-publish", key);
      return { size, hashAlgo, ...digests };
    } finally {
      await writer.close();
    }
  }

  /**
   * Removes what was written of an image. What cannot be removed now, because the cluster does not answer or still
   * considers a killed process a writer, is removed when its key is deleted. Only an outage of the cluster ends the
   * process and everything it does: a client that stalls, or an edge that is away, must not affect others.
   */
  async #discard(key: BlobKey, image: OpenImage): Promise<void> {
    if (!image.wasCutOff) await image.close().catch(() => {});
    if (image.wasCutOff) return image.abandon();
    await this.#remove({ image: key, snapshot: RBD_SNAPSHOT }).catch((error) =>
      this.#options.log.warn({ err: error, key }, "what was written is not removed yet"),
    );
  }

  async #remove({ image: name, snapshot }: RbdPlace): Promise<void> {
    const removed =
      snapshot === undefined ? {} : await this.#ceph.ask({ do: "removeSnapshot", name, snapshot });
    await this.#ceph.ask({ do: "removeImage", name, ...removed });
  }

  async #stat({ image: name, snapshot }: RbdPlace): Promise<BlobInfo> {
    const order = { do: "stat", name, ...(snapshot === undefined ? {} : { snapshot }) } as const;
    const { size } = await this.#ceph.ask(order);
    return { size };
  }

  async #isWhole(image: BlobKey): Promise<boolean> {
    try {
      await this.#stat({ image, snapshot: RBD_SNAPSHOT });
      return true;
    } catch (error) {
      if (isKind(error, "notFound")) return false;
      throw error;
    }
  }

  #placeOf(location: Location): RbdPlace {
    return rbdPlaceOf(this.#options, location);
  }
}

const isKind = (error: unknown, kind: ErrorKind): boolean =>
  error instanceof ServiceError && error.kind === kind;
