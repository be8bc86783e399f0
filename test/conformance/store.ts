import { describe, expect, test } from "vitest";
import type { BlobKey, ImageReader, ImageStore } from "../../src/stores/contract.ts";
import { digestsOf } from "../support/digests.ts";
import { bytesFrom, bytesOf, heldStream, streamFailingAfter, streamOf } from "../support/streams.ts";

/** What a case is given: a store, a key nobody has used, and the size at which the store cuts bodies, if it does. */
interface Given<S> {
  readonly store: S;
  readonly key: BlobKey;
  readonly partBytes: number;
  readonly pageKeys: number;
}

type Cases<S> = Readonly<Record<string, (given: Given<S>) => Promise<void>>>;

export interface Harness<Names extends string = StoreCaseName> {
  /** For a reader that is no store: one that lays out by its own means what the reader then reads. */
  open(): Promise<ImageStore>;
  freshKey(): BlobKey;
  /** Bodies around this size cross whatever boundary the store has. Default 1 MiB. */
  readonly partBytes?: number;
  /** A listing of so many crosses whatever page the store has. Default 1005. */
  readonly pageKeys?: number;
  /** Cases that there are not for it, and why; a test beside the harness pins what happens instead. */
  readonly without?: { readonly [name in Names]?: string };
}

const put = (store: ImageStore, key: BlobKey, bytes: Uint8Array) => store.put(key, streamOf(bytes));

/** Nothing of the key is to be seen. */
async function expectAbsent(store: ImageStore, key: BlobKey): Promise<void> {
  await expect(store.stat(store.locationOf(key))).rejects.toMatchObject({ kind: "notFound" });
  await expect(store.get(store.locationOf(key))).rejects.toMatchObject({ kind: "notFound" });
  expect(await keysOf(store, key)).toEqual([]);
}

async function expectBytes(store: ImageReader, location: string, bytes: Uint8Array): Promise<void> {
  const found = await bytesFrom((await store.get(location)).body);
  expect(found.byteLength).toBe(bytes.byteLength);
  expect(await digestsOf(found, "sha256")).toEqual(await digestsOf(bytes, "sha256"));
}

async function keysOf(store: ImageStore, prefix: string): Promise<BlobKey[]> {
  const keys: BlobKey[] = [];
  for await (const key of store.list(prefix)) keys.push(key);
  return keys.sort();
}

async function roundTrip(
  { store, key }: Pick<Given<ImageStore>, "store" | "key">,
  size: number,
  announced?: number,
): Promise<void> {
  const bytes = bytesOf(size, size + 1);
  const opts = announced === undefined ? {} : { size: announced };
  const stored = await store.put(key, streamOf(bytes), opts);
  expect(stored).toEqual({
    location: store.locationOf(key),
    size,
    hashAlgo: "sha512",
    ...(await digestsOf(bytes, "sha512")),
  });
  expect(await store.stat(stored.location)).toEqual({ size });
  await expectBytes(store, stored.location, bytes);
}

/** Reading: all that a store without `put` must keep too. `put` only lays out what is read. */
const readerCases = {
  "reads a blob whole": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(100_000));
    await expectBytes(store, location, bytesOf(100_000));
  },
  "tells the size of the whole blob with any part of it": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(100_000));
    for (const range of [undefined, { start: 0, end: 0 }, { start: 70_000 }]) {
      const { size, body } = await store.get(location, range);
      expect(size).toBe(100_000);
      await body.cancel();
    }
  },
  "reads ranges from the start, the middle and to the end": async ({ store, key }) => {
    const bytes = bytesOf(200_000);
    const { location } = await put(store, key, bytes);
    const read = async (start: number, end?: number) =>
      bytesFrom((await store.get(location, end === undefined ? { start } : { start, end })).body);
    expect(await read(0, 0)).toEqual(bytes.slice(0, 1));
    expect(await read(0, 65_535)).toEqual(bytes.slice(0, 65_536));
    expect(await read(70_000, 140_000)).toEqual(bytes.slice(70_000, 140_001));
    expect(await read(0)).toEqual(bytes);
    expect(await read(199_999)).toEqual(bytes.slice(199_999));
  },
  "clips a range that ends past the last byte": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(9));
    const { size, body } = await store.get(location, { start: 4, end: 100 });
    expect(await bytesFrom(body)).toEqual(bytesOf(9).slice(4));
    expect(size).toBe(9);
  },
  "refuses a range that starts at or past the end, or is turned round": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(9));
    for (const range of [{ start: 9 }, { start: 10, end: 20 }, { start: 5, end: 2 }])
      await expect(store.get(location, range)).rejects.toMatchObject({ kind: "badRange" });
  },
  "refuses any range of an empty blob and reads it whole": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(0));
    await expect(store.get(location, { start: 0 })).rejects.toMatchObject({ kind: "badRange" });
    const { size, body } = await store.get(location);
    expect(await bytesFrom(body)).toEqual(new Uint8Array());
    expect(size).toBe(0);
  },
  "does not find what was never stored": async ({ store, key }) => {
    await expectAbsent(store, key);
    await expect(store.get(store.locationOf(key), { start: 0 })).rejects.toMatchObject({ kind: "notFound" });
  },
  "refuses the location of another store": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(9));
    const others = [
      "file:///somewhere/else",
      "r2://another-bucket/key",
      "memory://another/key",
      "https://example.org/key",
      `${location}/../${key}`,
      location.replace(key, `../${key}`),
      location.replace(key, ""),
      "",
    ];
    for (const other of others) {
      await expect(store.get(other)).rejects.toMatchObject({ kind: "invalid" });
      await expect(store.stat(other)).rejects.toMatchObject({ kind: "invalid" });
    }
  },
  "does not begin to read when it is aborted": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(9));
    const reason = new Error("nobody reads");
    await expect(store.get(location, undefined, AbortSignal.abort(reason))).rejects.toThrow("nobody reads");
  },
  "lets a reader stop half way, again and again": async ({ store, key }) => {
    const bytes = bytesOf(3_000_000);
    const { location } = await put(store, key, bytes);
    for (let i = 0; i < 20; i++) {
      const reader = (await store.get(location)).body.getReader();
      const { value } = await reader.read();
      expect(value?.[0]).toBe(bytes[0]);
      await reader.cancel();
    }
    await expectBytes(store, location, bytes);
  },
  "never passes off a part of a blob that is deleted while it is read as the whole": async ({
    store,
    key,
  }) => {
    const bytes = bytesOf(3_000_000);
    const { location } = await put(store, key, bytes);
    const { body } = await store.get(location);
    await store.delete(location);
    const read = await bytesFrom(body).catch(() => undefined);
    if (read) expect(read.byteLength).toBe(bytes.byteLength);
  },
} satisfies Cases<ImageStore>;

const storeCases = {
  "keeps an empty body of unknown length": (given) => roundTrip(given, 0),
  "keeps an empty body that was announced": (given) => roundTrip(given, 0, 0),
  "keeps a body of one byte": (given) => roundTrip(given, 1),
  "keeps a body one byte short of a boundary": (given) => roundTrip(given, given.partBytes - 1),
  "keeps a body that ends at a boundary": (given) => roundTrip(given, given.partBytes),
  "keeps a body one byte past a boundary": (given) => roundTrip(given, given.partBytes + 1),
  "keeps a body past two boundaries": (given) => roundTrip(given, given.partBytes * 2 + 12_345),
  "keeps an announced body past a boundary": (given) =>
    roundTrip(given, given.partBytes + 1, given.partBytes + 1),
  "keeps zeros as they are": async ({ store, key }) => {
    const bytes = new Uint8Array(2_500_000);
    bytes.fill(7, 1_000_000, 1_000_003);
    const stored = await store.put(key, streamOf(bytes));
    expect(stored).toMatchObject({ size: bytes.byteLength, ...(await digestsOf(bytes, "sha512")) });
    await expectBytes(store, stored.location, bytes);
  },
  "hashes with each algorithm": async ({ store, key }) => {
    const bytes = bytesOf(123_456);
    for (const hashAlgo of ["sha256", "sha384", "sha512"] as const) {
      const stored = await store.put(`${key}.${hashAlgo}`, streamOf(bytes), { hashAlgo });
      expect(stored).toMatchObject({ hashAlgo, ...(await digestsOf(bytes, hashAlgo)) });
    }
  },
  "refuses a body that is shorter than announced": async ({ store, key }) => {
    for (const [size, announced] of [
      [0, 1],
      [100_000, 100_001],
      [100_000, 20_000_000],
    ] as const)
      await expect(store.put(key, streamOf(bytesOf(size)), { size: announced })).rejects.toMatchObject({
        kind: "invalid",
      });
    await expectAbsent(store, key);
  },
  "refuses a body that is longer than announced": async ({ store, key, partBytes }) => {
    for (const [size, announced] of [
      [1, 0],
      [100_001, 100_000],
      [partBytes + 10, 10],
    ] as const)
      await expect(store.put(key, streamOf(bytesOf(size)), { size: announced })).rejects.toMatchObject({
        kind: "invalid",
      });
    await expectAbsent(store, key);
  },
  "refuses more bytes than are allowed": async ({ store, key, partBytes }) => {
    const refused = { kind: "tooLarge" };
    await expect(store.put(key, streamOf(bytesOf(1001)), { maxBytes: 1000 })).rejects.toMatchObject(refused);
    await expect(
      store.put(key, streamOf(bytesOf(partBytes + 2)), { maxBytes: partBytes + 1 }),
    ).rejects.toMatchObject(refused);
    await expect(
      store.put(key, streamOf(bytesOf(1001)), { maxBytes: 1000, size: 1001 }),
    ).rejects.toMatchObject(refused);
    await expectAbsent(store, key);
    expect(await store.put(key, streamOf(bytesOf(1000)), { maxBytes: 1000 })).toMatchObject({ size: 1000 });
  },
  "refuses endless bodies as soon as too much was seen": async ({ store, key }) => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    });
    await expect(store.put(key, endless, { maxBytes: 1_000_000 })).rejects.toMatchObject({
      kind: "tooLarge",
    });
    await expectAbsent(store, key);
  },
  "leaves nothing behind when the body fails half way": async ({ store, key, partBytes }) => {
    for (const after of [0, 64_000, partBytes + 64_000]) {
      const broken = new Error("the body broke");
      await expect(store.put(key, streamFailingAfter(after, broken))).rejects.toThrow("the body broke");
      await expect(store.put(key, streamFailingAfter(after, broken), { size: after + 9 })).rejects.toThrow(
        "the body broke",
      );
    }
    await expectAbsent(store, key);
    await roundTrip({ store, key }, 10);
  },
  "leaves nothing behind when it is aborted": async ({ store, key, partBytes }) => {
    const held = heldStream(bytesOf(partBytes + 1), bytesOf(1));
    const abort = new AbortController();
    const outcome = store.put(key, held.body, { signal: abort.signal });
    outcome.catch(() => {});
    await held.reached;
    abort.abort(new Error("the lease is lost"));
    await expect(outcome).rejects.toThrow("the lease is lost");
    await held.cancelled;
    await expectAbsent(store, key);
  },
  "stores nothing when it was aborted before it began": async ({ store, key }) => {
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(store.put(key, streamOf(bytesOf(9)), { signal })).rejects.toThrow("too late");
    await expectAbsent(store, key);
  },
  "cancels the body of a put that it refuses": async ({ store, key }) => {
    await put(store, key, bytesOf(9));
    const held = heldStream(bytesOf(9), bytesOf(9));
    await expect(store.put(key, held.body)).rejects.toMatchObject({ kind: "conflict" });
    await held.cancelled;
  },
  "refuses a taken key and leaves the other's bytes alone": async ({ store, key, partBytes }) => {
    const { location } = await put(store, key, bytesOf(1000));
    for (const size of [0, 1000, partBytes + 1]) {
      const refused = { kind: "conflict" };
      await expect(put(store, key, bytesOf(size, 2))).rejects.toMatchObject(refused);
      await expect(store.put(key, streamOf(bytesOf(size, 2)), { size })).rejects.toMatchObject(refused);
    }
    await expectBytes(store, location, bytesOf(1000));
    expect(await keysOf(store, key)).toEqual([key]);
  },
  "lets at most one of two writers have a key": async ({ store, key, partBytes }) => {
    const first = heldStream(bytesOf(partBytes, 1), bytesOf(5, 1));
    const second = heldStream(bytesOf(partBytes, 2), bytesOf(6, 2));
    const puts = [store.put(key, first.body), store.put(key, second.body)];
    const outcomes = Promise.allSettled(puts);
    // A store may refuse the later writer at once, or when it comes to publish.
    await Promise.all([
      Promise.race([first.reached, first.cancelled]),
      Promise.race([second.reached, second.cancelled]),
    ]);
    first.resume();
    second.resume();
    const [one, two] = await outcomes;
    const won = [one, two].filter((outcome) => outcome?.status === "fulfilled");
    const lost = [one, two].filter((outcome) => outcome?.status === "rejected");
    expect([won.length, lost.length]).toEqual([1, 1]);
    expect(lost[0]).toMatchObject({ reason: { kind: "conflict" } });
    const seed = one?.status === "fulfilled" ? 1 : 2;
    const whole = new Uint8Array([...bytesOf(partBytes, seed), ...bytesOf(4 + seed, seed)]);
    await expectBytes(store, store.locationOf(key), whole);
    expect(await keysOf(store, key)).toEqual([key]);
  },
  "shows nothing of a blob before it is whole": async ({ store, key, partBytes }) => {
    const held = heldStream(bytesOf(partBytes + 1), bytesOf(1));
    const stored = store.put(key, held.body);
    await held.reached;
    await expectAbsent(store, key);
    held.resume();
    await stored;
    expect(await keysOf(store, key)).toEqual([key]);
  },
  "ends a running put when its blob is deleted": async ({ store, key, partBytes }) => {
    const held = heldStream(bytesOf(partBytes + 1), bytesOf(1));
    const outcome = store.put(key, held.body);
    outcome.catch(() => {});
    await held.reached;
    await store.delete(store.locationOf(key));
    await expect(outcome).rejects.toMatchObject({ kind: "gone" });
    await expectAbsent(store, key);
  },
  "stores nothing for a writer that resumes after its blob was deleted": async ({ store, key }) => {
    const held = heldStream(bytesOf(100), bytesOf(1));
    const outcome = store.put(key, held.body, { size: 101 });
    outcome.catch(() => {});
    await held.reached;
    await store.delete(store.locationOf(key));
    held.resume();
    await expect(outcome).rejects.toMatchObject({ kind: "gone" });
    await expectAbsent(store, key);
  },
  "deletes a blob, and twice is as good as once": async ({ store, key }) => {
    const { location } = await put(store, key, bytesOf(9));
    await store.delete(location);
    await expectAbsent(store, key);
    await store.delete(location);
    await expect(store.delete("file:///somewhere/else")).rejects.toMatchObject({ kind: "invalid" });
  },
  "refuses names that are no key": async ({ store }) => {
    const odd = [
      "",
      ".",
      "..",
      ".hidden",
      "a/b",
      "../a",
      "a b",
      "a\0b",
      "a\nb",
      "ü",
      "a%2Fb",
      "a?b",
      "a#b",
      "a~b",
    ];
    for (const key of [...odd, "x".repeat(201)]) {
      expect(() => store.locationOf(key)).toThrow(expect.objectContaining({ kind: "invalid" }));
      await expect(put(store, key, bytesOf(1))).rejects.toMatchObject({ kind: "invalid" });
    }
  },
  "keeps names that are unusual keys": async ({ store, key }) => {
    for (const unusual of [`${key}.1`, `${key}..`, `${key}_A-b`, `${key}${"x".repeat(200 - key.length)}`]) {
      const { location } = await put(store, unusual, bytesOf(3));
      await expectBytes(store, location, bytesOf(3));
      expect(await keysOf(store, unusual)).toEqual([unusual]);
    }
  },
  "lists by prefix": async ({ store, key }) => {
    for (const name of [`${key}-a.1`, `${key}-a.2`, `${key}-b`]) await put(store, name, bytesOf(1));
    expect(await keysOf(store, `${key}-a`)).toEqual([`${key}-a.1`, `${key}-a.2`]);
    expect(await keysOf(store, `${key}-`)).toHaveLength(3);
    expect(await keysOf(store, `${key}-c`)).toEqual([]);
    expect(await keysOf(store, "")).toEqual(expect.arrayContaining([`${key}-b`]));
  },
  "lists past the end of a page": async ({ store, key, pageKeys }) => {
    const names = Array.from({ length: pageKeys }, (_, i) => `${key}-${i}`).sort();
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name) => put(store, name, bytesOf(1))));
    expect(await keysOf(store, `${key}-`)).toEqual(names);
    for await (const _ of store.list(`${key}-`)) break;
  },
} satisfies Cases<ImageStore>;

export type ReaderCaseName = keyof typeof readerCases;
export type StoreCaseName = ReaderCaseName | keyof typeof storeCases;

/** A thousand small bodies take a quarter of a minute where nothing else runs. */
const TIMEOUT_MS = 120_000;

/** The contract of src/stores/contract.ts, executable: a whole driver test is one call of this. */
export const storeConformance = (name: string, harness: Harness): void =>
  conformance(`store contract: ${name}`, { ...readerCases, ...storeCases }, harness);

/** The half of it that every reader keeps. */
export const readerConformance = (name: string, harness: Harness<ReaderCaseName>): void =>
  conformance(`reader contract: ${name}`, readerCases, harness);

function conformance<Names extends string>(
  name: string,
  cases: Cases<ImageStore>,
  harness: Harness<Names>,
): void {
  const without: Readonly<Record<string, string | undefined>> = harness.without ?? {};
  describe(name, () => {
    for (const [title, run] of Object.entries(cases).filter(([name]) => without[name] === undefined))
      test(title, { timeout: TIMEOUT_MS }, async () => {
        const store = await harness.open();
        const { partBytes = 1024 * 1024, pageKeys = 1005 } = harness;
        await run({ store, key: harness.freshKey(), partBytes, pageKeys });
      });
  });
}
