import type { FileHandle } from "node:fs/promises";
import type { Logger } from "pino";
import type { Range } from "../../src/stores/contract.ts";
import { streamOf } from "../drivers/file-stream.ts";
import type { HashThreads } from "../hashing/hash-threads.ts";
import { type Bytes, type FetchFrom, STEADINESS, type Steadiness } from "../steadily.ts";
import { boundsOf, type Content, nameOf } from "./content.ts";
import { Entries, type Entry, stateOf } from "./entries.ts";
import { Fill } from "./fill.ts";
import { hashesTo } from "./verify.ts";

export type CacheEvent = "hit" | "miss" | "joined" | "bypassed" | "evicted" | "corrupt";

export interface CacheOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly threads: HashThreads;
  readonly log: Logger;
  readonly observe?: (event: CacheEvent) => void;
  readonly steadiness?: Steadiness;
}

/**
 * Copies, on this site's disk, of image data that is kept elsewhere, by image. The edge is asked each time whether the
 * caller may have it; the cache does not know callers.
 */
export class ImageCache {
  readonly #options: CacheOptions;
  readonly #entries: Entries;
  readonly #fills = new Map<string, Promise<Fill | undefined>>();
  readonly #running = new Set<Promise<void>>();
  readonly #checks = new Map<string, Promise<boolean>>();

  private constructor(options: CacheOptions, entries: Entries) {
    this.#options = options;
    this.#entries = entries;
  }

  static async open(options: CacheOptions): Promise<ImageCache> {
    return new ImageCache(options, await Entries.open(options.dir, options.maxBytes));
  }

  /** Bytes in the cache. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  /**
   * The requested bytes. Undefined when they must be had elsewhere: there is no room, a range is asked of something not
   * cached, or `fetch` has none of the bytes. A request for the whole of something not cached starts a fill, or joins a
   * running one.
   */
  async read(content: Content, range: Range | undefined, fetch: FetchFrom): Promise<Bytes | undefined> {
    const name = nameOf(content);
    if (name === undefined || content.size === 0) return undefined;
    const kept = await this.#openKept(name, content);
    if (kept) {
      this.#observe("hit");
      const { start, end } = boundsOf(range, content.size);
      return streamOf(kept, start, end - start);
    }
    const running = this.#fills.get(name);
    const fill = await (running ?? (range ? undefined : this.#startFill(name, content, fetch)));
    const isOfUse = range ? fill?.covers(range) : fill?.moves;
    if (!fill || !isOfUse) {
      this.#observe("bypassed");
      return undefined;
    }
    this.#observe(running ? "joined" : "miss");
    return fill.read(range, fetch).catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const fill of this.#fills.values()) (await fill)?.stop();
    await Promise.all(this.#running);
  }

  #observe(event: CacheEvent): void {
    this.#options.observe?.(event);
  }

  /** An entry's file, once it was found to be correct. */
  async #openKept(name: string, content: Content): Promise<FileHandle | undefined> {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    let file: FileHandle | undefined;
    try {
      file = await this.#entries.openEntry(entry);
      if (file && (await this.#isGood(entry, file, content))) {
        await this.#entries.touch(entry).catch(() => {});
        return file;
      }
    } catch (error) {
      this.#options.log.warn({ err: error, name }, "a file of the cache cannot be read");
    }
    await file?.close();
    return undefined;
  }

  /** A file from an earlier life, or one that has changed, is hashed once before it is served. */
  async #isGood(entry: Entry, file: FileHandle, content: Content): Promise<boolean> {
    const state = stateOf(await file.stat());
    if (entry.verified === state) return true;
    const { name } = entry;
    const check = this.#checks.get(name) ?? this.#check(entry, file, content, state);
    this.#checks.set(name, check);
    return check.finally(() => this.#checks.delete(name));
  }

  async #check(entry: Entry, file: FileHandle, content: Content, state: string): Promise<boolean> {
    const { threads, log } = this.#options;
    if (await hashesTo(file, content, threads)) {
      entry.verified = state;
      return true;
    }
    log.error({ name: entry.name }, "a file of the cache is not what it was, and is dropped");
    this.#observe("corrupt");
    await this.#entries.remove(entry);
    return false;
  }

  /** Registers the fill in `#fills` before awaiting anything, so that each name has at most one. */
  #startFill(name: string, content: Content, fetch: FetchFrom): Promise<Fill | undefined> {
    const started = this.#fill(name, content, fetch).catch((error) => {
      this.#options.log.warn({ err: error, name }, "the cache cannot be filled");
      return undefined;
    });
    this.#fills.set(name, started);
    void started.then((fill) => {
      if (!fill) this.#fills.delete(name);
    });
    return started;
  }

  async #fill(name: string, content: Content, fetch: FetchFrom): Promise<Fill | undefined> {
    const hasRoom = await this.#entries.reserve(content.size, (entry) => {
      this.#observe("evicted");
      this.#options.log.info({ name: entry.name, bytes: entry.size }, "evicted from the cache");
    });
    if (!hasRoom) return undefined;
    const path = this.#entries.fillingPath(name);
    const { threads, steadiness = STEADINESS } = this.#options;
    const keep = () => this.#entries.publish(name, content.size);
    const fill = new Fill({ content, path, threads, keep, ...steadiness }, fetch);
    const opened = Promise.withResolvers<void>();
    const run = fill.run(opened.resolve).then(() => this.#concluded(name, fill));
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
    await opened.promise;
    return fill.outcome === "given up" ? undefined : fill;
  }

  #concluded(name: string, { outcome, content }: Fill): void {
    this.#fills.delete(name);
    if (outcome === "whole") return;
    this.#entries.release(content.size);
    if (outcome !== "corrupt") return;
    this.#observe("corrupt");
    this.#options.log.error({ name }, "image data that was fetched is not what the catalogue says");
  }
}
