import { describe, expect, test } from "vitest";
import { type ErrorKind, ServiceError } from "../domain/errors.ts";
import type { ImageStore } from "./contract.ts";
import { type Examining, examineStore, type Finding } from "./examine.ts";
import { MemoryStore } from "./memory.ts";

const fresh = () => new MemoryStore(crypto.randomUUID());

async function examined(store: ImageStore, options: Examining = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of examineStore(store, options)) findings.push(finding);
  return findings;
}

async function keysIn(store: ImageStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list("")) keys.push(key);
  return keys;
}

/** The store, with some of what it does replaced. */
const but = (store: ImageStore, others: Partial<ImageStore>): ImageStore => ({
  can: store.can,
  get: (...asked) => store.get(...asked),
  stat: (...asked) => store.stat(...asked),
  put: (...asked) => store.put(...asked),
  delete: (...asked) => store.delete(...asked),
  list: (...asked) => store.list(...asked),
  locationOf: (key) => store.locationOf(key),
  ...others,
});

const fails = (kind: ErrorKind, message: string) => async () => {
  throw new ServiceError(kind, message);
};

test("a store that does all it should is well, and keeps nothing", async () => {
  const store = fresh();
  expect(await examined(store)).toEqual([
    { ok: true, what: "can be written" },
    { ok: true, what: "can be read" },
    { ok: true, what: "can be read in part" },
    { ok: true, what: "can be removed from" },
  ]);
  expect(await keysIn(store)).toEqual([]);
});

test("a store that cannot be written is tried no further, and says what to do", async () => {
  const store = but(fresh(), { put: fails("full", "There is no room.") });
  expect(await examined(store)).toEqual([
    { ok: false, what: "cannot be written: There is no room.", remedy: expect.stringContaining("Make room") },
  ]);
});

test("a store that answers ranges with the whole, or with other bytes, is told of", async () => {
  const whole = fresh();
  const rangeless = but(whole, { get: (location) => whole.get(location) });
  expect((await examined(rangeless)).filter(({ ok }) => !ok)).toMatchObject([
    { what: "cannot be read in part: It gives back other bytes than it was given." },
  ]);
  expect(await keysIn(whole)).toEqual([]);
});

test("a store that says of a removal what is not so is found out", async () => {
  const findings = await examined(but(fresh(), { delete: async () => {} }));
  expect(findings.at(-1)).toMatchObject({ ok: false, what: expect.stringContaining("still there") });
});

test("nothing is left where a step in the middle fails, or nobody waits for the end", async () => {
  const store = fresh();
  const unreadable = but(store, { get: fails("unavailable", "It is away.") });
  expect((await examined(unreadable)).map(({ ok }) => ok)).toEqual([true, false, false, true]);
  expect(await keysIn(store)).toEqual([]);
  for await (const _ of examineStore(store)) break;
  expect(await keysIn(store)).toEqual([]);
});

test("a store that gives no answer is not waited for, and what it may have got is removed", async () => {
  const store = fresh();
  const put: ImageStore["put"] = async (key, body, { signal } = {}) => {
    await store.put(key, body);
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  };
  expect(await examined(but(store, { put }), { stepSeconds: 0.05 })).toEqual([
    {
      ok: false,
      what: "cannot be written: It gives no answer within 0.05 seconds.",
      remedy: expect.stringContaining("See that it runs"),
    },
  ]);
  expect(await keysIn(store)).toEqual([]);
});

describe("a store that is only read", () => {
  test("is looked at, and not written to", async () => {
    const store = but(fresh(), { put: fails("gone", "!"), delete: fails("gone", "!") });
    expect(await examined(store, { onlyRead: true })).toEqual([
      { ok: true, what: "answers, and is only read" },
    ]);
  });

  test("is told of when it does not answer", async () => {
    const store = but(fresh(), { stat: fails("unavailable", "It is away.") });
    expect(await examined(store, { onlyRead: true })).toMatchObject([
      { ok: false, what: "does not answer: It is away." },
    ]);
  });
});

test("the words of an error that is none of ours are for the log alone", async () => {
  const heard: unknown[] = [];
  const put = async () => {
    throw new Error("http://user:hunter2@h/");
  };
  const findings = await examined(but(fresh(), { put }), { failed: (error) => heard.push(error) });
  expect(JSON.stringify(findings)).not.toContain("hunter2");
  expect(heard).toHaveLength(1);
});
