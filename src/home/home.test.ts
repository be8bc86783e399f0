import { describe, expect, test } from "vitest";
import { type HomeCatalogue, inHomeCatalogue, tablesRead } from "../../test/support/home-catalogue.ts";
import { holdCopies, readImage, readPage } from "../db/catalogue-copies.ts";
import { listImages } from "../db/image-list.ts";
import { findImage } from "../db/images.ts";
import type { ImageRecord } from "../domain/image.ts";
import { parseListQuery } from "../domain/list-query.ts";

const IMAGE = { id: "i", name: "one", properties: {}, tags: [], locations: [] } as unknown as ImageRecord;

/** A catalogue with an image. */
const inCatalogue = (work: (catalogue: HomeCatalogue) => Promise<void>): Promise<void> =>
  inHomeCatalogue(async (catalogue) => {
    const { db } = catalogue;
    holdCopies(db);
    await db.batch([INSERT_IMAGE, INSERT_PROPERTY].map((statement) => db.prepare(statement)));
    await work(catalogue);
  });

const INSERT_IMAGE = `INSERT INTO images (id, status, visibility, protected, os_hidden, min_disk, min_ram, created_at,
  updated_at, generation) VALUES ('i', 'queued', 'shared', 0, 0, 0, 0, 1, 1, 0)`;
const INSERT_PROPERTY = "INSERT INTO image_properties (image_id, name, value) VALUES ('i', 'a', 'b')";
const INSERT_TASK = `INSERT INTO tasks (id, type, status, owner, image_id, created_at, updated_at)
  VALUES ('t', 'location_import', 'pending', 'p', 'i', 1, 1)`;
const listQuery = (text = "") =>
  parseListQuery(new URLSearchParams(text), { listLimitDefault: 25, listLimitMax: 1000 });
const PAGE = {
  query: listQuery(),
  audience: { projectId: null, isAdmin: true },
};
/** What copies are taken of; a write to any of them ends those (db/catalogue-copies.ts). */
const RECORDS = ["image_locations", "image_members", "image_properties", "image_tags", "images"];
const FAIL = "INSERT INTO images (id) VALUES (NULL)";

/** Reads the image and a page of it, so that there are copies; then tells how many there still are after the work. */
async function copiesLeftBy(db: D1Database, work: () => Promise<unknown>): Promise<number> {
  let asked = 0;
  const finding =
    <T>(found: T) =>
    async () => {
      asked++;
      return found;
    };
  const read = async () => {
    await readImage(db, { id: "i", projectId: null }, finding(IMAGE));
    await readPage(db, PAGE, finding({ page: [], marker: undefined }));
  };
  await read();
  asked = 0;
  await work();
  await read();
  return 2 - asked;
}

describe("of what was read before", () => {
  const copiesLeftIn = (db: D1Database, statements: readonly string[]) =>
    copiesLeftBy(db, () => db.batch(statements.map((sql) => db.prepare(sql))).catch(() => undefined));
  const nothingIsLeftBy = (...statements: string[]) =>
    inCatalogue(async ({ db }) => expect(await copiesLeftIn(db, statements)).toBe(0));

  test.each<[string, string[]]>([
    ["an insert", [INSERT_IMAGE.replace("'i'", "'j'")]],
    ["an update", ["UPDATE images SET name = 'x' WHERE id = 'i'"]],
    ["an update that tells what it made", ["UPDATE images SET name = 'x' WHERE id = 'i' RETURNING name"]],
    [
      "a row that is updated as it cannot be inserted",
      [`${INSERT_PROPERTY} ON CONFLICT DO UPDATE SET value = 'c'`],
    ],
    ["a row that is replaced", [INSERT_PROPERTY.replace("INSERT", "REPLACE")]],
    ["a delete", ["DELETE FROM image_properties WHERE image_id = 'i'"]],
    ["a delete of all rows", ["DELETE FROM image_properties"]],
    ["a property", [INSERT_PROPERTY.replace("'a'", "'z'")]],
    ["a tag", ["INSERT INTO image_tags (image_id, value) VALUES ('i', 't')"]],
    ["one write among reads", ["SELECT 1", "UPDATE images SET name = 'x'", "SELECT 1"]],
    ["a write that failed", [FAIL]],
    ["a batch that failed", ["SELECT 1", FAIL]],
  ])("nothing is left by %s", (_what, statements) => nothingIsLeftBy(...statements));

  test("nothing is left by a member", () =>
    nothingIsLeftBy(
      "INSERT INTO image_members (image_id, member, created_at, updated_at) VALUES ('i', 'm', 1, 1)",
    ));

  test("nothing is left by a location", () =>
    nothingIsLeftBy(
      "INSERT INTO image_locations (image_id, url, store, created_at) VALUES ('i', 'file:///i', 'file', 1)",
    ));

  test("nothing is left by a batch that failed after its write", () =>
    nothingIsLeftBy("UPDATE images SET name = 'x'", "SELEC"));

  test.each<[string, string[]]>([
    ["a read", ["SELECT * FROM images"]],
    ["reads", ["SELECT * FROM images", "SELECT * FROM image_tags"]],
    ["an update that matches nothing", ["UPDATE images SET name = 'x' WHERE id = 'j'"]],
    [
      "a property that is there already",
      ["INSERT INTO image_properties VALUES ('i', 'a', 'b', 1) ON CONFLICT DO NOTHING"],
    ],
    ["a wrong password", ["INSERT INTO login_failures (subject_id, count, since) VALUES ('u', 1, 1)"]],
    ["a token that is given back", ["INSERT INTO revoked_tokens (audit_id, expires_at) VALUES ('a', 1)"]],
    ["a task, though beside a read of images", [INSERT_TASK, "SELECT * FROM images"]],
  ])("all is left by %s", async (_what, statements) =>
    inCatalogue(async ({ db }) => expect(await copiesLeftIn(db, statements)).toBe(2)),
  );

  test("nothing is left by a write whose maker never hears of it", async () =>
    inCatalogue(async ({ db, unheard }) => {
      const work = async () => void unheard.prepare("UPDATE images SET name = 'x'").run();
      expect(await copiesLeftBy(db, work)).toBe(0);
    }));
});

const AUDIENCES = [
  { projectId: null, isAdmin: true },
  { projectId: "p", isAdmin: false },
];
const LISTS = [
  "",
  "name=x",
  "status=queued",
  "tag=x",
  "tag=x&tag=y",
  "a=b",
  "owner=p",
  "checksum=x",
  "os_hash_value=x",
  "protected=true",
  "size_min=1",
  "min_ram_min=1",
  "updated_at=gt:2026-01-01T00:00:00Z",
  "id=in:x,y",
  "visibility=shared&member_status=all",
  "visibility=all",
  "os_hidden=true",
  "sort=name:asc,size:desc",
].flatMap((filter) => [filter, `${filter}&marker=00000000-0000-4000-8000-000000000000`]);

test("records and pages are made of these tables, and of no other", async () =>
  inHomeCatalogue(async ({ sql }) => {
    const read = new Set(await tablesRead(sql, (db) => findImage(db, "i", "p")));
    for (const audience of AUDIENCES)
      for (const list of LISTS.map((text) => listQuery(text)))
        for (const table of await tablesRead(sql, (db) => listImages(db, list, audience))) read.add(table);
    expect([...read].sort()).toEqual(RECORDS);
  }));

test("no trigger, key or view of another table leads to what records are made of", async () =>
  inCatalogue(async ({ sql }) => {
    const elsewhere = sql
      .exec<{ type: string; name: string; sql: string }>(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') AND tbl_name NOT IN (SELECT value FROM json_each(?))",
        JSON.stringify(RECORDS),
      )
      .toArray();
    expect(elsewhere).toEqual([]);
    for (const table of RECORDS)
      for (const key of sql.exec<{ on_delete: string; on_update: string }>(
        "SELECT on_delete, on_update FROM pragma_foreign_key_list(?)",
        table,
      ))
        expect(key).toEqual({ on_delete: "NO ACTION", on_update: "NO ACTION" });
  }));
