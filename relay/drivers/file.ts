import { constants, type FileHandle, link, lstat, open, opendir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "../../src/domain/errors.ts";
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
  type PutOptions,
  type Range,
  type Stored,
  taken,
} from "../../src/stores/contract.ts";
import { cancelling, pump } from "../../src/stores/pump.ts";
import { beginPut, endPuts } from "../../src/stores/running-puts.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { HashThreads } from "../hashing/hash-threads.ts";
import { makeDirectory } from "../make-directory.ts";
import { BlockPool, BlockWriter } from "./block-writer.ts";
import { codeOf, onDisk, unlessAbsent } from "./disk-error.ts";
import { FileSink } from "./file-sink.ts";
import { streamOf } from "./file-stream.ts";
import { type Partial, Partials } from "./partials.ts";

const BLOCKS = new BlockPool({ blockBytes: 1024 * 1024, perUpload: 4, spare: 16 });

export interface FileStoreOptions {
  /** An absolute path, as it stands in location URLs. */
  readonly dir: string;
  readonly threads: HashThreads;
  readonly checkpoint: Checkpoint;
  /** Nothing is created or removed: the directory may be mounted read-only. */
  readonly onlyRead?: boolean;
}

/**
 * Images as plain files in one directory, laid out as Glance does (spec/stores.md section 2): the file's name is the
 * key, its bytes are the image. A file is written under another name, synced, and only then linked to its own name,
 * which fails if that is taken. No reader and no crash ever finds half an image under an image's name.
 */
export class FileStore implements ImageStore {
  readonly can = { range: true };
  readonly #options: FileStoreOptions;
  readonly #partials: Partials;

  private constructor(options: FileStoreOptions) {
    this.#options = options;
    this.#partials = new Partials(options.dir);
  }

  /** Makes the directory if need be, and removes what a crash left. */
  static async open(options: FileStoreOptions): Promise<FileStore> {
    const store = new FileStore(options);
    if (options.onlyRead) return store;
    await makeDirectory(options.dir);
    await store.#partials.removeLeftovers();
    return store;
  }

  async close(): Promise<void> {
    await this.#partials.close();
  }

  locationOf(key: BlobKey): Location {
    checkKey(key);
    return `file://${this.#options.dir}/${key}`;
  }

  async put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions = {}): Promise<Stored> {
    return cancelling(body, () => this.#put(key, body, opts));
  }

  async isUnused(key: BlobKey): Promise<boolean> {
    checkKey(key);
    return this.#refuseTaken(key).then(
      () => true,
      () => false,
    );
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    const path = this.#pathOf(this.#keyOf(location));
    signal?.throwIfAborted();
    const file = await openForReading(path);
    try {
      const { size } = await onDisk(() => fileStat(() => file.stat()));
      const { start, length } = clipRange(range, size);
      return { size, body: streamOf(file, start, length) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async stat(location: Location): Promise<BlobInfo> {
    const path = this.#pathOf(this.#keyOf(location));
    return onDisk(() => fileStat(() => lstat(path)));
  }

  async delete(location: Location): Promise<void> {
    const key = this.#keyOf(location);
    await endPuts(this.locationOf(key));
    await onDisk(async () => {
      // A writer in another process loses what it has not yet published.
      await this.#partials.removeOf(key);
      await unlessAbsent(() => unlink(this.#pathOf(key)));
      await this.#syncDirectory();
    });
  }

  async *list(prefix: string): AsyncIterable<BlobKey> {
    for await (const entry of await onDisk(() => opendir(this.#options.dir)))
      if (entry.isFile() && isBlobKey(entry.name) && entry.name.startsWith(prefix)) yield entry.name;
  }

  async #put(key: BlobKey, body: ReadableStream<Uint8Array>, opts: PutOptions): Promise<Stored> {
    const location = this.locationOf(key);
    await this.#refuseTaken(key);
    const put = beginPut(location, opts.signal);
    try {
      const partial = await onDisk(() => this.#partials.create(key));
      try {
        return { location, ...(await this.#write(key, partial, body, { ...opts, signal: put.signal })) };
      } finally {
        await partial.file.close();
        await onDisk(() => unlessAbsent(() => unlink(partial.path)));
      }
    } finally {
      put.finished();
    }
  }

  async #write(key: BlobKey, partial: Partial, body: ReadableStream<Uint8Array>, opts: PutOptions) {
    const { threads, checkpoint } = this.#options;
    const hashAlgo = opts.hashAlgo ?? "sha512";
    const sink = new FileSink(partial.file, () => this.#partials.openDirect(partial));
    const writer = new BlockWriter({
      sink,
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
      await this.#publish(key, partial.path);
      await checkpoint("relay-after-publish", key);
      return { size, hashAlgo, ...digests };
    } finally {
      await writer.close();
      await sink.close();
    }
  }

  /** A link, unlike a rename, does not replace an existing file. */
  async #publish(key: BlobKey, partialPath: string): Promise<void> {
    await onDisk(async () => {
      try {
        await link(partialPath, this.#pathOf(key));
      } catch (error) {
        if (codeOf(error) === "EEXIST") throw taken(key);
        if (codeOf(error) === "ENOENT")
          throw new ServiceError("gone", "The image data was deleted while it was written.");
        throw error;
      }
      await this.#syncDirectory();
    });
  }

  async #syncDirectory(): Promise<void> {
    const dir = await open(this.#options.dir, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await dir.sync();
    } finally {
      await dir.close();
    }
  }

  async #refuseTaken(key: BlobKey): Promise<void> {
    await onDisk(() =>
      unlessAbsent(async () => {
        await lstat(this.#pathOf(key));
        throw taken(key);
      }),
    );
  }

  #keyOf(location: Location): BlobKey {
    const { dir } = this.#options;
    return keyOf(location, `file://${dir}/`, `filesystem://${dir}/`);
  }

  #pathOf(key: BlobKey): string {
    return join(this.#options.dir, key);
  }
}

/** A symbolic link is not followed: it could lead out of the directory. */
async function openForReading(path: string): Promise<FileHandle> {
  return onDisk(async () => {
    try {
      return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ELOOP") throw notFound();
      throw error;
    }
  });
}

async function fileStat(look: () => Promise<{ size: number; isFile(): boolean }>): Promise<BlobInfo> {
  try {
    const found = await look();
    if (!found.isFile()) throw notFound();
    return { size: found.size };
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw notFound();
    throw error;
  }
}
