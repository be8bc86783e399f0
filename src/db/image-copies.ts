import type { ImageRecord } from "../domain/image.ts";

/** Of an image each project that asked has its own, which tells of its membership. */
const MOST_COPIES = 1_000;
/** Records with more than that are not kept: a record can have 128 properties of 64 KiB. */
const MOST_CHARACTERS = 4_096;
/** A write that was cut off, with the request that made it, never says that it has ended: by then it has. */
const LONGEST_WRITE_MILLISECONDS = 300_000;

interface UnderWay {
  readonly count: number;
  readonly until: number;
}

/**
 * Copies of images' records, held in the isolate that makes every write (where one process is the whole service).
 *
 * A copy is forgotten before a write of its image begins and again when that has ended, however it ended; what is read
 * meanwhile is not kept. So whoever was told of a write finds it in every later read. Who may see a record is decided
 * anew each time that it is asked for: a copy takes the place of the database alone.
 */
export class ImageCopies {
  readonly #images = new Map<string, Map<string | null, ImageRecord>>();
  /** Of all images together. */
  #count = 0;
  readonly #underWay = new Map<string, UnderWay>();
  /** Of any image: begun and ended. */
  #writes = 0;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The copy, or else what `find` finds. What is not there is not remembered. */
  async get(
    id: string,
    projectId: string | null,
    find: () => Promise<ImageRecord | undefined>,
  ): Promise<ImageRecord | undefined> {
    const known = this.#images.get(id)?.get(projectId);
    if (known) return known;
    const writes = this.#writes;
    const found = await find();
    if (found && writes === this.#writes && !this.#isUnderWay(id) && isSmall(found))
      this.#keep(id, projectId, found);
    return found;
  }

  /** Makes a write of this image. */
  async during<T>(id: string, write: () => Promise<T>): Promise<T> {
    this.#begin(id);
    try {
      return await write();
    } finally {
      this.#end(id);
    }
  }

  #begin(id: string): void {
    this.#writes++;
    this.#forget(id);
    if (this.#underWay.size >= MOST_COPIES)
      for (const known of [...this.#underWay.keys()]) this.#isUnderWay(known);
    const count = (this.#underWay.get(id)?.count ?? 0) + 1;
    this.#underWay.set(id, { count, until: this.#now() + LONGEST_WRITE_MILLISECONDS });
  }

  #end(id: string): void {
    this.#writes++;
    this.#forget(id);
    const known = this.#underWay.get(id);
    if (known && known.count > 1) this.#underWay.set(id, { ...known, count: known.count - 1 });
    else this.#underWay.delete(id);
  }

  #isUnderWay(id: string): boolean {
    const known = this.#underWay.get(id);
    if (!known || this.#now() < known.until) return known !== undefined;
    this.#underWay.delete(id);
    return false;
  }

  #keep(id: string, projectId: string | null, image: ImageRecord): void {
    const [oldest] = this.#images.keys();
    if (this.#count >= MOST_COPIES && oldest !== undefined) this.#forget(oldest);
    const copies = this.#images.get(id) ?? new Map<string | null, ImageRecord>();
    if (!copies.has(projectId)) this.#count++;
    this.#images.set(id, copies.set(projectId, image));
  }

  #forget(id: string): void {
    this.#count -= this.#images.get(id)?.size ?? 0;
    this.#images.delete(id);
  }
}

/** One for the isolate, and the handles of the database that lead to it. */
const copies = new ImageCopies();
const held = new WeakSet<D1Database>();

/** Lets copies be held of what is read through this handle: only where every write is made in this isolate. */
export const holdImageCopies = (db: D1Database): void => void held.add(db);

/** Reads an image's record, from a copy where copies are held. */
export const readImage = (
  db: D1Database,
  { id, projectId }: { id: string; projectId: string | null },
  find: () => Promise<ImageRecord | undefined>,
): Promise<ImageRecord | undefined> => (held.has(db) ? copies.get(id, projectId, find) : find());

/** Makes a write after which `readImage` must not find what it found before: each that changes the record of one image. */
export const writeImage = <T>(db: D1Database, id: string, write: () => Promise<T>): Promise<T> =>
  held.has(db) ? copies.during(id, write) : write();

/** Whether a copy of it is worth its memory. */
export function isSmall({ name, properties, tags, locations }: ImageRecord): boolean {
  let characters = (name?.length ?? 0) + tags.join().length;
  for (const [key, value] of Object.entries(properties)) characters += key.length + (value?.length ?? 0);
  for (const { url, metadata } of locations) characters += url.length + JSON.stringify(metadata).length;
  return characters <= MOST_CHARACTERS;
}
