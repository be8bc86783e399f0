import { expect, inject, test } from "vitest";
import { digestsOf } from "../../test/support/digests.ts";
import { bytesOf, streamOf } from "../../test/support/streams.ts";
import type { DigestProgress, ImageReader } from "../stores/contract.ts";
import { RelayStore } from "../stores/relay.ts";
import { type HashRun, hashOn } from "./hash-run.ts";
import type { Hashing } from "./import-ledger.ts";

const { key, url } = inject("relay");
const relayed = new RelayStore({ id: "memory", url, key, prefixes: ["memory://memory/"] });
const hashing = (size: number): Hashing => ({ store: "memory", size, algo: "sha512", done: 0 });

const run = (store: ImageReader, location: string, size: number, more: Partial<HashRun> = {}): HashRun => ({
  ...{ store, url: location, hashing: hashing(size), sliceBytes: 1024, runSeconds: 1 },
  ...{ signal: new AbortController().signal, keep: async () => true },
  ...more,
});

test("the bytes of a relay's store are hashed by the relay, and none of them comes here", async () => {
  const { location } = await relayed.put(crypto.randomUUID(), streamOf(bytesOf(100_000)));
  const get = relayed.get.bind(relayed);
  relayed.get = () => Promise.reject(new Error("it was read"));
  const { checksum, hashValue } = await digestsOf(bytesOf(100_000), "sha512");
  expect(await hashOn(run(relayed, location, 100_000))).toEqual({ checksum, value: hashValue });
  relayed.get = get;
});

test("bytes at a relay that are not as many as they were are no verdict", async () => {
  const { location } = await relayed.put(crypto.randomUUID(), streamOf(bytesOf(9)));
  await expect(hashOn(run(relayed, location, 10))).rejects.toMatchObject({ kind: "invalid" });
});

test("while a relay is reading, how far it is is remembered, and the next run asks again", async () => {
  const answers: DigestProgress[] = [{ hashed: 5 }, { size: 9, checksum: "c", value: "v" }];
  const reader: ImageReader = {
    ...{ can: { range: true }, get: () => Promise.reject(new Error("it was read")) },
    stat: async () => ({ size: 9 }),
    digest: async () => answers.shift() as DigestProgress,
  };
  const kept: number[] = [];
  const keep = async (now: Hashing) => kept.push(now.done) > 0;
  expect(await hashOn(run(reader, "x", 9, { keep }))).toBeUndefined();
  expect(await hashOn(run(reader, "x", 9, { keep }))).toEqual({ checksum: "c", value: "v" });
  expect(kept).toEqual([5]);
});
