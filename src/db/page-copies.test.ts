import { describe, expect, test } from "vitest";
import type { ImageRecord } from "../domain/image.ts";
import { catalogueChanged, holdPageCopies, type Page, PageCopies, readPage } from "./page-copies.ts";

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

const setUp = () => ({ copies: new PageCopies(), catalogue: new Catalogue() });

test("a page that was read once is a copy the next time, for each statement its own", async () => {
  const { copies, catalogue } = setUp();
  for (const statement of ["mine", "mine", "yours"])
    expect(await copies.get(statement, catalogue.find)).toBe(catalogue.answer);
  expect(catalogue.asked).toBe(2);
});

test("a write takes every page", async () => {
  const { copies, catalogue } = setUp();
  for (const statement of ["mine", "yours"]) await copies.get(statement, catalogue.find);
  copies.forget();
  catalogue.answer = pageOf("two");
  for (const statement of ["mine", "yours"])
    expect(await copies.get(statement, catalogue.find)).toBe(catalogue.answer);
});

test("a read that a write overtakes is an answer, and no copy", async () => {
  const { copies, catalogue } = setUp();
  const slow = Promise.withResolvers<Page>();
  const read = copies.get("mine", () => slow.promise);
  copies.forget();
  const before = catalogue.answer;
  catalogue.answer = pageOf("two");
  slow.resolve(before);
  expect(await read).toBe(before);
  expect(await copies.get("mine", catalogue.find)).toBe(catalogue.answer);
});

test("the page that nobody asked for longest makes room, one without images too", async () => {
  const { copies, catalogue } = setUp();
  catalogue.answer = pageOf();
  for (let n = 0; n < 300; n++) await copies.get(`${n}`, catalogue.find);
  await copies.get("0", catalogue.find);
  expect(catalogue.asked).toBe(300);
  await copies.get("300", catalogue.find);
  await copies.get("0", catalogue.find);
  expect(catalogue.asked).toBe(301);
  await copies.get("1", catalogue.find);
  expect(catalogue.asked).toBe(302);
});

const LARGE = "x".repeat(5_000);

test.each<[string, string, Page]>([
  ["a large record", "mine", pageOf("small", LARGE)],
  ["a large marker", "mine", { page: [], marker: imageNamed(LARGE) }],
  ["a long statement", LARGE + LARGE, pageOf("small")],
  ["more images than all pages may have", "mine", pageOf(...Array.from({ length: 3_000 }, (_, n) => `${n}`))],
])("a page with %s is none to keep, and pushes none out", async (_what, statement, page) => {
  const { copies, catalogue } = setUp();
  await copies.get("other", catalogue.find);
  catalogue.answer = page;
  for (let times = 0; times < 2; times++) await copies.get(statement, catalogue.find);
  await copies.get("other", catalogue.find);
  expect(catalogue.asked).toBe(3);
});

describe("through a handle of the database", () => {
  const nobodys = {} as D1Database;
  const ours = {} as D1Database;
  const mine = { sql: "SELECT ?1", values: ["mine"] };

  test("that is held, each statement with what is bound to it is read once until the catalogue changes", async () => {
    holdPageCopies(ours);
    const { find } = new Catalogue();
    const first = await readPage(ours, mine, find);
    const other = new Catalogue();
    expect(await readPage(ours, { ...mine, values: ["yours"] }, other.find)).toBe(other.answer);
    expect(await readPage(ours, mine, other.find)).toBe(first);
    catalogueChanged();
    expect(await readPage(ours, mine, other.find)).toBe(other.answer);
  });

  test("that is not, each time", async () => {
    const { find } = new Catalogue();
    await readPage(nobodys, mine, find);
    const other = new Catalogue();
    expect(await readPage(nobodys, mine, other.find)).toBe(other.answer);
  });
});
