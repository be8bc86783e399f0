import { afterEach, expect, test, vi } from "vitest";
import { Copies } from "./copies.ts";

afterEach(() => vi.useRealTimers());

/** What is answered, by its weight, and how often it was asked for. */
class Database {
  asked = 0;
  answer = { weight: 1 };
  readonly find = async () => {
    this.asked++;
    return this.answer;
  };
}

const setUp = () => ({
  copies: new Copies<{ weight: number }>({ mostWeight: 10, weightOf: ({ weight }) => weight }),
  database: new Database(),
});

test("what was read once is a copy the next time, for each question its own", async () => {
  const { copies, database } = setUp();
  for (const question of ["mine", "mine", "yours"])
    expect(await copies.get(question, database.find)).toBe(database.answer);
  expect(database.asked).toBe(2);
});

test("a write takes every copy", async () => {
  const { copies, database } = setUp();
  for (const question of ["mine", "yours"]) await copies.get(question, database.find);
  copies.forget();
  database.answer = { weight: 2 };
  for (const question of ["mine", "yours"])
    expect(await copies.get(question, database.find)).toBe(database.answer);
});

test("a read that a write overtakes is an answer, and no copy", async () => {
  const { copies, database } = setUp();
  const slow = Promise.withResolvers<{ weight: number }>();
  const read = copies.get("mine", () => slow.promise);
  copies.forget();
  const before = database.answer;
  database.answer = { weight: 2 };
  slow.resolve(before);
  expect(await read).toBe(before);
  expect(await copies.get("mine", database.find)).toBe(database.answer);
});

test("a read that began before a write does not take the place of what was read after it", async () => {
  const { copies, database } = setUp();
  const slow = Promise.withResolvers<{ weight: number }>();
  const read = copies.get("mine", () => slow.promise);
  copies.forget();
  await copies.get("mine", database.find);
  slow.resolve({ weight: 2 });
  await read;
  expect(await copies.get("mine", database.find)).toBe(database.answer);
});

test("a read that fails is told, and asked for again", async () => {
  const { copies, database } = setUp();
  await expect(copies.get("mine", async () => Promise.reject(new Error("no database")))).rejects.toThrow(
    "no database",
  );
  expect(await copies.get("mine", database.find)).toBe(database.answer);
});

test("what nobody asked for longest makes room", async () => {
  const { copies, database } = setUp();
  for (let n = 0; n < 10; n++) await copies.get(`${n}`, database.find);
  await copies.get("0", database.find);
  expect(database.asked).toBe(10);
  await copies.get("10", database.find);
  await copies.get("0", database.find);
  expect(database.asked).toBe(11);
  await copies.get("1", database.find);
  expect(database.asked).toBe(12);
});

test("what is being read is read once for all who ask meanwhile, also what is not kept", async () => {
  for (const weight of [1, Infinity]) {
    const { copies, database } = setUp();
    database.answer = { weight };
    const found = await Promise.all([1, 2, 3].map(() => copies.get("mine", database.find)));
    expect(found).toEqual([database.answer, database.answer, database.answer]);
    expect(database.asked).toBe(1);
  }
});

test("whoever asks after a write does not get what was being read before it", async () => {
  const { copies, database } = setUp();
  const slow = Promise.withResolvers<{ weight: number }>();
  const before = copies.get("mine", () => slow.promise);
  copies.forget();
  const after = copies.get("mine", database.find);
  slow.resolve({ weight: 2 });
  expect(await after).toBe(database.answer);
  expect(await before).toEqual({ weight: 2 });
});

test("whoever asked before a write may have what began before it", async () => {
  const { copies, database } = setUp();
  const slow = Promise.withResolvers<{ weight: number }>();
  const reads = [copies.get("mine", () => slow.promise), copies.get("mine", database.find)];
  copies.forget();
  slow.resolve({ weight: 2 });
  expect(await Promise.all(reads)).toEqual([{ weight: 2 }, { weight: 2 }]);
  expect(database.asked).toBe(0);
});

test("whoever waits for a read that fails reads anew", async () => {
  const { copies, database } = setUp();
  const fails = copies.get("mine", async () => Promise.reject(new Error("cut off")));
  const waits = copies.get("mine", database.find);
  await expect(fails).rejects.toThrow("cut off");
  expect(await waits).toBe(database.answer);
});

test("a read that is never heard of again is waited for a tenth of a second, and what took its place weighs once", async () => {
  vi.useFakeTimers();
  const { copies, database } = setUp();
  database.answer = { weight: 5 };
  const late = Promise.withResolvers<{ weight: number }>();
  const first = copies.get("mine", () => late.promise);
  const waits = copies.get("mine", database.find);
  await vi.advanceTimersByTimeAsync(90);
  expect(database.asked).toBe(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(await waits).toBe(database.answer);
  late.resolve(database.answer);
  await first;
  await copies.get("yours", database.find);
  for (const question of ["mine", "yours"]) await copies.get(question, database.find);
  expect(database.asked).toBe(2);
});

test.each([
  ["that weighs more than all may", "mine", 11],
  ["that is not worth its memory", "mine", Infinity],
  ["to a long question", "x".repeat(8_193), 1],
])("an answer %s is not kept, and pushes none out", async (_what, question, weight) => {
  const { copies, database } = setUp();
  await copies.get("other", database.find);
  database.answer = { weight };
  for (let times = 0; times < 2; times++) await copies.get(question, database.find);
  await copies.get("other", database.find);
  expect(database.asked).toBe(3);
});
