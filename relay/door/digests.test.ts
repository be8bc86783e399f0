import { afterAll, describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../src/stores/memory.ts";
import { digestsOf } from "../../test/support/digests.ts";
import { startTestRelay } from "../../test/support/relay.node.ts";
import { bytesOf, heldStream, streamOf } from "../../test/support/streams.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import { Digests } from "./digests.ts";

const threads = new HashThreads();
afterAll(() => threads.stop());

const SIZE = 2_500_000;
const given = (idleSeconds = 60) => {
  const store = new MemoryStore(crypto.randomUUID());
  const blob = { store: "s", location: store.locationOf("a"), algo: "sha256" };
  return { store, blob, digests: new Digests({ threads, idleSeconds }) };
};

describe("a digest that the edge asks for", () => {
  test("is that of the bytes", async () => {
    const { store, blob, digests } = given();
    await store.put("a", streamOf(bytesOf(SIZE)));
    const { checksum, hashValue } = await digestsOf(bytesOf(SIZE), "sha256");
    expect(await digests.ask(store, blob)).toEqual({ size: SIZE, checksum, value: hashValue });
  });

  test("is worked out once for all who ask meanwhile", async () => {
    const { store, blob, digests } = given();
    await store.put("a", streamOf(bytesOf(SIZE)));
    const read = vi.spyOn(store, "get");
    await Promise.all([digests.ask(store, blob), digests.ask(store, blob)]);
    await digests.ask(store, blob);
    expect(read).toHaveBeenCalledTimes(1);
  });

  test("of bytes that are not there is refused, and begun anew when they are", async () => {
    const { store, blob, digests } = given();
    await expect(digests.ask(store, blob)).rejects.toMatchObject({ kind: "notFound" });
    await store.put("a", streamOf(bytesOf(9)));
    expect(await digests.ask(store, blob)).toMatchObject({ size: 9 });
  });

  test("is given up when nobody asks any more, and the reading with it", async () => {
    const { store, blob, digests } = given(0.05);
    const held = heldStream(bytesOf(9), bytesOf(9));
    vi.spyOn(store, "get").mockResolvedValue({ size: 18, body: held.body });
    digests.ask(store, blob).catch(() => undefined);
    await held.cancelled;
  });
});

test("a relay hashes for the edge what it keeps", async () => {
  const at = await startTestRelay();
  try {
    for (const store of [at.memoryStore(), at.fileStore()]) {
      const { location } = await store.put("a", streamOf(bytesOf(SIZE)));
      for (const algo of ["md5", "sha1", "sha512"]) {
        const said = await store.digest(location, algo);
        if ("hashed" in said) throw new Error("it was to be quick");
        expect(said).toMatchObject({ size: SIZE, value: await nodeDigest(algo) });
      }
      await expect(store.digest(location, "crc32")).rejects.toMatchObject({ kind: "invalid" });
      await expect(store.digest(store.locationOf("b"), "md5")).rejects.toMatchObject({ kind: "notFound" });
      await expect(store.digest("r2://elsewhere/a", "md5")).rejects.toMatchObject({ kind: "invalid" });
    }
  } finally {
    await at.stop();
  }
});

test("a relay that is away is an outage, which the edge waits out", async () => {
  const at = await startTestRelay();
  const store = at.fileStore();
  const { location } = await store.put("a", streamOf(bytesOf(9)));
  await at.stop();
  await expect(store.digest(location, "md5")).rejects.toMatchObject({ kind: "unavailable" });
});

async function nodeDigest(algo: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  return createHash(algo).update(bytesOf(SIZE)).digest("hex");
}
