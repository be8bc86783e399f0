import { expect, test } from "vitest";
import type { ImageRecord } from "../domain/image.ts";
import { type Page, PageCopies } from "./page-copies.ts";

const MINUTE = 60_000;

const imageNamed = (name: string) =>
  ({ name, properties: {}, tags: [], locations: [] }) as unknown as ImageRecord;
const pageOf = (...names: string[]): Page => ({ page: names.map(imageNamed), marker: undefined });

/** What the catalogue answers, and how often it was asked. */
class Catalogue {
  asked = 0;
  answer = pageOf("one");
  readonly find = async () => {
    this.asked++;
    return this.answer;
  };
}

const setUp = (now?: () => number) => ({ copies: new PageCopies(now), catalogue: new Catalogue() });

test("a page that was read once is a copy the next time, for each statement its own", async () => {
  const { copies, catalogue } = setUp();
  for (const statement of ["mine", "mine", "yours"])
    expect(await copies.get(statement, catalogue.find)).toBe(catalogue.answer);
  expect(catalogue.asked).toBe(2);
});

test.each([
  ["succeeds", async () => undefined],
  ["fails", async () => Promise.reject(new Error("no database"))],
])("a write that %s takes every page", async (_how, write) => {
  const { copies, catalogue } = setUp();
  for (const statement of ["mine", "yours"]) await copies.get(statement, catalogue.find);
  await copies.during(write).catch(() => undefined);
  catalogue.answer = pageOf("two");
  for (const statement of ["mine", "yours"])
    expect(await copies.get(statement, catalogue.find)).toBe(catalogue.answer);
});

test("what is read while anything is written is not kept, however many write", async () => {
  const { copies, catalogue } = setUp();
  const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const writes = held.map(({ promise }) => copies.during(() => promise));
  for (const [n, { resolve }] of held.entries()) {
    for (let times = 0; times < 2; times++) await copies.get("mine", catalogue.find);
    expect(catalogue.asked).toBe(2 * (n + 1));
    resolve();
    await writes[n];
  }
  for (let times = 0; times < 2; times++) await copies.get("mine", catalogue.find);
  expect(catalogue.asked).toBe(5);
});

test("a read that a write overtakes is an answer, and no copy", async () => {
  const { copies, catalogue } = setUp();
  const slow = Promise.withResolvers<Page>();
  const read = copies.get("mine", () => slow.promise);
  await copies.during(async () => undefined);
  const before = catalogue.answer;
  catalogue.answer = pageOf("two");
  slow.resolve(before);
  expect(await read).toBe(before);
  expect(await copies.get("mine", catalogue.find)).toBe(catalogue.answer);
});

test("after a write that never said that it ended nothing is kept, for as long as one may take", async () => {
  let now = 0;
  const { copies, catalogue } = setUp(() => now);
  void copies.during(() => new Promise(() => {}));
  const askedTwice = async () => {
    const { asked } = catalogue;
    for (let times = 0; times < 2; times++) await copies.get("mine", catalogue.find);
    return catalogue.asked - asked;
  };
  now = 5 * MINUTE - 1;
  expect(await askedTwice()).toBe(2);
  now = 5 * MINUTE;
  expect(await askedTwice()).toBe(1);
});

test("the oldest pages make room, those without images too, and a page with a large record is none to keep", async () => {
  const { copies, catalogue } = setUp();
  catalogue.answer = pageOf();
  for (let n = 0; n <= 300; n++) await copies.get(`${n}`, catalogue.find);
  const { asked } = catalogue;
  await copies.get("300", catalogue.find);
  expect(catalogue.asked).toBe(asked);
  await copies.get("0", catalogue.find);
  expect(catalogue.asked).toBe(asked + 1);
  catalogue.answer = pageOf("small", "x".repeat(5_000));
  for (let times = 0; times < 2; times++) await copies.get("large", catalogue.find);
  expect(catalogue.asked).toBe(asked + 3);
});
