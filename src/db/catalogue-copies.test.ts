import { describe, expect, test } from "vitest";
import type { ImageRecord } from "../domain/image.ts";
import { parseListQuery } from "../domain/list-query.ts";
import { catalogueWritten, holdCopies, type Page, readImage, readPage } from "./catalogue-copies.ts";

const imageNamed = (name: string) =>
  ({ name, properties: {}, tags: [], locations: [] }) as unknown as ImageRecord;
const pageOf = (...names: string[]): Page => ({ page: names.map(imageNamed), marker: undefined });
const LARGE = "x".repeat(5_000);

const unheld = {} as D1Database;
const db = {} as D1Database;
holdCopies(db);

/** A page that a project asks for. */
const pageFor = (query: string, projectId: string | null = "p", isAdmin = false) => ({
  query: parseListQuery(new URLSearchParams(query), { listLimitDefault: 25, listLimitMax: 1000 }),
  audience: { projectId, isAdmin },
});

/** How often the database is asked when this is read twice. */
async function asked<T>(read: (find: () => Promise<T>) => Promise<T>, found: T): Promise<number> {
  let times = 0;
  const find = async () => {
    times++;
    return found;
  };
  for (const _ of "12") expect(await read(find)).toBe(found);
  return times;
}

/** Of an image that nobody read before. */
const imageAsked = (found: ImageRecord | undefined, handle = db) => {
  const id = crypto.randomUUID();
  return asked((find) => readImage(handle, { id, projectId: "p" }, find), found);
};
const pageAsked = (found: Page, handle = db) => {
  const asking = pageFor(`name=${crypto.randomUUID()}`);
  return asked((find) => readPage(handle, asking, find), found);
};

describe("an image's record", () => {
  test("is read once", async () => expect(await imageAsked(imageNamed("one"))).toBe(1));

  test("is read each time where the database does not tell of its writes", async () =>
    expect(await imageAsked(imageNamed("one"), unheld)).toBe(2));

  test("that is not there is looked for each time", async () => expect(await imageAsked(undefined)).toBe(2));

  test.each<[string, Partial<ImageRecord>]>([
    ["name", { name: LARGE }],
    ["properties", { properties: { large: LARGE } }],
    ["tags", { tags: Array.from({ length: 50 }, () => "x".repeat(100)) }],
    ["locations", { locations: [{ id: 1, url: LARGE, store: "web", metadata: {} }] }],
  ])("with large %s is read each time", async (_what, fields) =>
    expect(await imageAsked({ ...imageNamed("one"), ...fields })).toBe(2),
  );

  test("is each project's own, and that of whoever has none", async () => {
    const id = crypto.randomUUID();
    const images = ["p", "q", "null", null].map((projectId) => ({
      projectId,
      image: imageNamed(`of ${projectId}`),
    }));
    for (const _ of "12")
      for (const { projectId, image } of images)
        expect(await readImage(db, { id, projectId }, async () => image)).toBe(image);
  });
});

describe("a page", () => {
  test("is read once", async () => expect(await pageAsked(pageOf("one", "two"))).toBe(1));

  test("is read each time where the database does not tell of its writes", async () =>
    expect(await pageAsked(pageOf("one"), unheld)).toBe(2));

  test.each<[string, Page]>([
    ["a large record", pageOf("small", LARGE)],
    ["a large marker", { page: [], marker: imageNamed(LARGE) }],
    ["more images than all pages may have", pageOf(...Array.from({ length: 3_000 }, (_, n) => `${n}`))],
  ])("with %s is read each time", async (_what, page) => expect(await pageAsked(page)).toBe(2));

  test("is each question's own, and that of who asks it", async () => {
    const asked = [
      pageFor("limit=5"),
      pageFor("limit=6"),
      pageFor("limit=5", "q"),
      pageFor("limit=5", "null"),
      pageFor("limit=5", null),
      pageFor("limit=5", "p", true),
      ...["1", "true", "in:1"].map((value) => pageFor(`limit=5&name=${value}`)),
      ...[
        "marker=a",
        "tag=a",
        "a=a",
        "a=b",
        "b=a",
        "tag=a&tag=b",
        "owner=a",
        "sort=name:asc",
        "sort=name:desc",
      ].map((filter) => pageFor(`limit=5&${filter}`)),
      ...["visibility=all", "member_status=all", "os_hidden=true"].map((filter) =>
        pageFor(`limit=5&${filter}`),
      ),
    ];
    const pages = asked.map((asking, nth) => ({ asking, page: pageOf(`${nth}`) }));
    for (const _ of "12")
      for (const { asking, page } of pages) expect(await readPage(db, asking, async () => page)).toBe(page);
  });

  test("of many tags and properties is read once, however long the statement for it is", async () => {
    const filters = Array.from({ length: 8 }, (_, n) => `tag=${n}&p${n}=v`).join("&");
    expect(await asked((find) => readPage(db, pageFor(filters), find), pageOf("one"))).toBe(1);
  });
});

test("three hundred pages without images are held, and a thousand images beside them", async () => {
  const page = pageOf();
  const read = (n: number) => readPage(db, pageFor(`name=${n}`), async () => pageOf());
  catalogueWritten([{ sql: "DELETE FROM images" }]);
  await readPage(db, pageFor("name=first"), async () => page);
  for (let n = 0; n < 299; n++) await read(n);
  for (let n = 0; n < 1_000; n++)
    await readImage(db, { id: `${n}`, projectId: null }, async () => imageNamed(`${n}`));
  expect(await readPage(db, pageFor("name=first"), async () => pageOf())).toBe(page);
  for (let n = 300; n < 600; n++) await read(n);
  expect(await readPage(db, pageFor("name=first"), async () => pageOf())).not.toBe(page);
});
