import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ServiceError } from "../../src/domain/errors.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import { type Bytes, type FetchFrom, STEADINESS, type Steadiness } from "../steadily.ts";
import { type Content, nameOf } from "./content.ts";
import { type CacheEvent, ImageCache } from "./image-cache.ts";

const MiB = 1024 * 1024;
const threads = new HashThreads();
const log = pino({ level: "silent" });

let dir: string;
let cache: ImageCache;
let events: CacheEvent[];

const opened = (maxBytes = 100 * MiB, steadiness = STEADINESS) =>
  ImageCache.open({ dir, maxBytes, threads, log, steadiness, observe: (event) => events.push(event) });

async function restarted(maxBytes?: number, steadiness?: Steadiness): Promise<void> {
  await cache.close();
  cache = await opened(maxBytes, steadiness);
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "glimpse-cache-"));
  events = [];
  cache = await opened();
});

afterEach(async () => {
  await cache.close();
  await rm(dir, { recursive: true, force: true });
});

afterAll(() => threads.stop());

const ID = "7f3c0000-0000-4000-8000-000000000001";

const contentOf = (bytes: Buffer, image = ID): Content => ({
  image,
  algo: "sha512",
  hash: createHash("sha512").update(bytes).digest("hex"),
  size: bytes.byteLength,
});

/** Where an image comes from, with a count of how often it was asked, and from which byte on. */
class Source {
  readonly asked: number[] = [];
  /** Where its last piece ended. */
  last = 0;
  readonly bytes: Buffer;
  /** Called before each piece; it may wait, or break the stream. */
  before: (position: number) => Promise<void> | void = () => {};

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  readonly fetch: FetchFrom = async (start, signal) => {
    this.asked.push(start);
    let position = start;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          await this.before(position);
          signal.throwIfAborted();
          const piece = this.bytes.subarray(position, position + 300_000);
          position += piece.byteLength;
          this.last = position;
          if (piece.byteLength > 0) controller.enqueue(piece);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  };
}

const isAway = () => new ServiceError("unavailable", "The source is away.");
const noSource: FetchFrom = () => Promise.reject(new Error("the source was asked"));

async function all(body: Bytes | undefined): Promise<Buffer> {
  if (!body) throw new Error("the cache has nothing");
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A source that waits at half of its bytes until it is let go. */
function halfWay(bytes: Buffer) {
  const source = new Source(bytes);
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  source.before = async (position) => {
    if (position < bytes.byteLength / 2) return;
    reached.resolve();
    await gate.promise;
  };
  return { source, reached: reached.promise, letGo: gate.resolve };
}

const IMAGE = randomBytes(5 * MiB + 17);
const CONTENT = contentOf(IMAGE);
const kept = async (content = CONTENT, source = new Source(IMAGE)) => {
  await all(await cache.read(content, undefined, source.fetch));
  await restarted();
};

describe("what is not kept", () => {
  test("is kept whole where the disk takes only a part of each write", async () => {
    const file = await open(join(dir, "any"), "w");
    const files: { write: (bytes: Uint8Array, at: number, length: number, to: number) => unknown } =
      Object.getPrototypeOf(file);
    const { write } = files;
    await file.close();
    const half = vi.spyOn(files, "write").mockImplementation(function (this: unknown, bytes, at, length, to) {
      return write.call(this, bytes, at, Math.ceil(length / 2), to);
    });
    onTestFinished(() => half.mockRestore());
    await kept();
    expect((await all(await cache.read(CONTENT, undefined, noSource))).equals(IMAGE)).toBe(true);
  });

  test("is fetched once for 32 who ask at once, and all have the same bytes", async () => {
    const source = new Source(IMAGE);
    const bodies = await Promise.all(
      Array.from({ length: 32 }, () => cache.read(CONTENT, undefined, source.fetch)),
    );
    for (const bytes of await Promise.all(bodies.map(all))) expect(bytes.equals(IMAGE)).toBe(true);
    expect(source.asked).toEqual([0]);
    expect(events.toSorted()).toEqual([...Array(31).fill("joined"), "miss"]);
  });

  test("is given out as it comes, to those who come later too", async () => {
    const { source, reached, letGo } = halfWay(IMAGE);
    const first = all(await cache.read(CONTENT, undefined, source.fetch));
    await reached;
    const late = await cache.read(CONTENT, undefined, noSource);
    const reader = (late as Bytes).getReader();
    expect((await reader.read()).value?.byteLength).toBeGreaterThan(0);
    await reader.cancel();
    letGo();
    expect((await first).equals(IMAGE)).toBe(true);
  });

  test("is not fetched for a range, which is served from a fill that has it already", async () => {
    expect(await cache.read(CONTENT, { start: 1, end: 3 }, noSource)).toBeUndefined();
    const { source, reached, letGo } = halfWay(IMAGE);
    const whole = all(await cache.read(CONTENT, undefined, source.fetch));
    await reached;
    expect(await all(await cache.read(CONTENT, { start: 1, end: 3 }, noSource))).toEqual(
      IMAGE.subarray(1, 4),
    );
    expect(await cache.read(CONTENT, { start: 5 * MiB }, noSource)).toBeUndefined();
    letGo();
    await whole;
  });

  test("and is larger than everything that may be kept is to be had elsewhere", async () => {
    await restarted(MiB);
    expect(await cache.read(CONTENT, undefined, noSource)).toBeUndefined();
    expect(events).toEqual(["bypassed"]);
  });

  test("and has a hash that is none, or no bytes, is none of its matter", async () => {
    expect(await cache.read({ ...CONTENT, hash: "../../x" }, undefined, noSource)).toBeUndefined();
    expect(await cache.read(contentOf(Buffer.alloc(0)), undefined, noSource)).toBeUndefined();
  });
});

describe("what is kept", () => {
  test("is given out without a fetch, whole and in ranges", async () => {
    await kept();
    expect((await all(await cache.read(CONTENT, undefined, noSource))).equals(IMAGE)).toBe(true);
    for (const [start, end] of [
      [0, 0],
      [MiB - 1, MiB],
      [IMAGE.byteLength - 1, IMAGE.byteLength + 100],
    ] as const)
      expect(await all(await cache.read(CONTENT, { start, end }, noSource))).toEqual(
        IMAGE.subarray(start, end + 1),
      );
    expect(events).toEqual(["miss", "hit", "hit", "hit", "hit"]);
  });

  test("and was damaged while the relay was down is dropped and fetched anew", async () => {
    await all(await cache.read(CONTENT, undefined, new Source(IMAGE).fetch));
    await cache.close();
    const [name = ""] = await readdir(dir);
    const damaged = Buffer.from(IMAGE);
    damaged.writeUInt8(damaged.readUInt8(77) ^ 1, 77);
    await writeFile(join(dir, name), damaged);
    cache = await opened();
    const source = new Source(IMAGE);
    const reads = await Promise.all([
      cache.read(CONTENT, undefined, source.fetch),
      cache.read(CONTENT, undefined, source.fetch),
    ]);
    for (const body of reads) expect((await all(body)).equals(IMAGE)).toBe(true);
    expect(source.asked).toEqual([0]);
    expect(events).toContain("corrupt");
  });

  test("and is changed under its feet is looked at again", async () => {
    await kept();
    await all(await cache.read(CONTENT, undefined, noSource));
    const [name = ""] = await readdir(dir);
    await writeFile(join(dir, name), Buffer.alloc(IMAGE.byteLength));
    const source = new Source(IMAGE);
    expect((await all(await cache.read(CONTENT, undefined, source.fetch))).equals(IMAGE)).toBe(true);
    expect(source.asked).toEqual([0]);
  });

  test("goes when there is no room, the least recently used first, after a restart too", async () => {
    const images = Array.from({ length: 3 }, () => randomBytes(MiB));
    const contents = images.map((bytes) => contentOf(bytes));
    await restarted(2 * MiB + 100);
    const read = async (n: number) =>
      all(await cache.read(contents[n] as Content, undefined, new Source(images[n] as Buffer).fetch));
    await read(0);
    await read(1);
    // The clock may not move between two reads: the order is told by the files.
    const name = (n: number) => nameOf(contents[n] as Content) ?? "";
    const path = (n: number) => join(dir, name(n));
    await utimes(path(0), 2000, 1000);
    await utimes(path(1), 1000, 1000);
    await restarted(2 * MiB + 100);
    await read(2);
    expect((await readdir(dir)).toSorted()).toEqual([0, 2].map(name).toSorted());
    expect(cache.bytes).toBe(2 * MiB);
  });

  test("stays while it is read, however much room is wanted", async () => {
    const other = randomBytes(5 * MiB);
    await restarted(6 * MiB);
    await all(await cache.read(CONTENT, undefined, new Source(IMAGE).fetch));
    const reader = ((await cache.read(CONTENT, undefined, noSource)) as Bytes).getReader();
    expect(await cache.read(contentOf(other), undefined, noSource)).toBeUndefined();
    await reader.cancel();
    expect(
      (await all(await cache.read(contentOf(other), undefined, new Source(other).fetch))).equals(other),
    ).toBe(true);
    expect(cache.bytes).toBe(5 * MiB);
  });
});

test("a file of its name that it does not know is replaced", async () => {
  await writeFile(join(dir, nameOf(CONTENT) ?? ""), "somebody else's");
  expect((await all(await cache.read(CONTENT, undefined, new Source(IMAGE).fetch))).equals(IMAGE)).toBe(true);
  await expect.poll(() => cache.bytes).toBe(IMAGE.byteLength);
  expect((await all(await cache.read(CONTENT, undefined, noSource))).equals(IMAGE)).toBe(true);
});

test("nothing is evicted for an image that would not find room all the same", async () => {
  const small = [randomBytes(2 * MiB), randomBytes(2 * MiB)] as const;
  for (const bytes of small)
    await all(await cache.read(contentOf(bytes), undefined, new Source(bytes).fetch));
  await restarted(6 * MiB);
  const reader = ((await cache.read(contentOf(small[0]), undefined, noSource)) as Bytes).getReader();
  expect(await cache.read(CONTENT, undefined, noSource)).toBeUndefined();
  await reader.cancel();
  expect(events).not.toContain("evicted");
  expect((await all(await cache.read(contentOf(small[1]), undefined, noSource))).equals(small[1])).toBe(true);
});

describe("a source", () => {
  test("that breaks is asked again from where it stopped, and no byte comes twice", async () => {
    const source = new Source(IMAGE);
    let broken = 0;
    source.before = (position) => {
      if (position > 2 * MiB && broken++ === 0) throw new Error("connection reset");
    };
    expect((await all(await cache.read(CONTENT, undefined, source.fetch))).equals(IMAGE)).toBe(true);
    expect(source.asked).toHaveLength(2);
    expect(source.asked[1]).toBeGreaterThan(2 * MiB - 1);
  });

  test("that ends early is asked for the rest", async () => {
    const source = new Source(IMAGE);
    const short = new Source(IMAGE.subarray(0, 3 * MiB));
    const fetch: FetchFrom = (start, signal) => (start === 0 ? short : source).fetch(start, signal);
    expect((await all(await cache.read(CONTENT, undefined, fetch))).equals(IMAGE)).toBe(true);
    expect(source.asked).toEqual([3 * MiB]);
  });

  test("that gives other bytes fails every reader before its last byte, and nothing is kept", async () => {
    const wrong = new Source(randomBytes(IMAGE.byteLength));
    const bodies = await Promise.all([1, 2].map(() => cache.read(CONTENT, undefined, wrong.fetch)));
    for (const body of bodies) {
      let bytes = 0;
      const reading = async () => {
        for await (const piece of body as Bytes) bytes += piece.byteLength;
      };
      await expect(reading()).rejects.toThrow("not what it should be");
      expect(bytes).toBe(IMAGE.byteLength - 1);
    }
    await restarted();
    expect(await readdir(dir)).toEqual([]);
    expect(events).toContain("corrupt");
  });

  test("that is away for a while is asked again until it is back", async () => {
    const source = new Source(IMAGE);
    let broken = 0;
    source.before = (position) => {
      if (position > 2 * MiB && broken++ === 0) throw new Error("connection reset");
    };
    let away = 2;
    const fetch: FetchFrom = (start, signal) =>
      broken > 0 && away-- > 0 ? Promise.reject(isAway()) : source.fetch(start, signal);
    expect((await all(await cache.read(CONTENT, undefined, fetch))).equals(IMAGE)).toBe(true);
    expect(source.asked).toHaveLength(2);
  });

  test("that is away for too long fails its readers", async () => {
    await restarted(undefined, { stallSeconds: 1, patienceSeconds: 0.5 });
    const source = new Source(IMAGE.subarray(0, 2 * MiB));
    const fetch: FetchFrom = (start, signal) =>
      start === 0 ? source.fetch(start, signal) : Promise.reject(isAway());
    await expect(all(await cache.read(CONTENT, undefined, fetch))).rejects.toThrow("away");
    await restarted();
    expect(await readdir(dir)).toEqual([]);
  });

  test("that has nothing is told of before a byte is promised, and leaves nothing", async () => {
    expect(await cache.read(CONTENT, undefined, noSource)).toBeUndefined();
    await restarted();
    expect(await readdir(dir)).toEqual([]);
    expect(events).toEqual(["bypassed"]);
  });

  test("that refuses one reader leaves each to go on by its own way, from where it is", async () => {
    const { source, reached, letGo } = halfWay(IMAGE);
    const own = new Source(IMAGE);
    const first = all(
      await cache.read(CONTENT, undefined, (start, signal) =>
        (start === 0 ? source : own).fetch(start, signal),
      ),
    );
    await reached;
    const refused: FetchFrom = () => Promise.reject(new ServiceError("gone", "it was deleted"));
    const second = all(await cache.read(CONTENT, undefined, refused));
    source.before = () => {
      throw new Error("connection reset");
    };
    letGo();
    await expect(second).rejects.toThrow("it was deleted");
    expect((await first).equals(IMAGE)).toBe(true);
    expect(own.asked).toHaveLength(1);
    await restarted();
    expect(await readdir(dir)).toEqual([]);
  });

  test("that hangs is left for that of whoever came last", async () => {
    await restarted(undefined, { stallSeconds: 0.1, patienceSeconds: 60 });
    const hanging = new Source(IMAGE);
    hanging.before = (position) => (position > 4 * MiB ? new Promise<void>(() => {}) : undefined);
    const reader = ((await cache.read(CONTENT, undefined, hanging.fetch)) as Bytes).getReader();
    for (let bytes = 0; bytes < 3 * MiB; ) bytes += (await reader.read()).value?.byteLength ?? 0;
    await reader.cancel();
    const source = new Source(IMAGE);
    expect((await all(await cache.read(CONTENT, undefined, source.fetch))).equals(IMAGE)).toBe(true);
    expect(source.asked).toEqual([hanging.last]);
  });

  test("that gave nothing for a while is joined by nobody", async () => {
    const { source, reached, letGo } = halfWay(IMAGE);
    const whole = all(await cache.read(CONTENT, undefined, source.fetch));
    await reached;
    const later = performance.now() + 10_000;
    const clock = vi.spyOn(performance, "now").mockReturnValue(later);
    onTestFinished(() => clock.mockRestore());
    expect(await cache.read(CONTENT, undefined, noSource)).toBeUndefined();
    clock.mockRestore();
    letGo();
    await whole;
  });
});

describe("a fill that nobody waits for any more", () => {
  test("ends, and leaves nothing", async () => {
    const source = new Source(IMAGE);
    const gate = Promise.withResolvers<void>();
    source.before = (position) => (position > MiB ? gate.promise : undefined);
    const reader = ((await cache.read(CONTENT, undefined, source.fetch)) as Bytes).getReader();
    await reader.read();
    await reader.cancel();
    gate.resolve();
    await restarted();
    expect(await readdir(dir)).toEqual([]);
  });

  test("goes on when most of it is there", async () => {
    const source = new Source(IMAGE);
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    source.before = (position) => {
      if (position < 4 * MiB) return;
      reached.resolve();
      return gate.promise;
    };
    const body = (await cache.read(CONTENT, undefined, source.fetch)) as Bytes;
    await reached.promise;
    await body.cancel();
    gate.resolve();
    const again = await cache.read(CONTENT, undefined, noSource);
    expect((await all(again)).equals(IMAGE)).toBe(true);
  });
});

test("what a crash left half filled is cleared away, and other files are left alone", async () => {
  await cache.close();
  await writeFile(join(dir, `${nameOf(CONTENT)}.filling`), "half");
  await writeFile(join(dir, "notes.txt"), "mine");
  cache = await opened();
  expect(await readdir(dir)).toEqual(["notes.txt"]);
  expect(await readFile(join(dir, "notes.txt"), "utf8")).toBe("mine");
  expect(cache.bytes).toBe(0);
});

test("a file that cannot be written leaves everybody to fetch for himself", async () => {
  await rm(dir, { recursive: true });
  expect(await cache.read(CONTENT, undefined, noSource)).toBeUndefined();
});
