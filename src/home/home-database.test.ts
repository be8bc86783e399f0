import { env, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { coordinatorOf } from "../durable/coordinator-of.ts";
import { HomeDatabase } from "./home-database.ts";
import { Queries } from "./queries.ts";

const TABLES = [
  "CREATE TABLE kept (id TEXT PRIMARY KEY, size INTEGER, note BLOB)",
  "CREATE TABLE counted (id TEXT)",
  "CREATE TRIGGER counts AFTER INSERT ON kept BEGIN INSERT INTO counted VALUES (NEW.id); END",
];

type Asked = (db: D1Database) => Promise<unknown>;

/** The same asked of D1, and of an object by what stands in the place of D1. */
async function both(ask: Asked): Promise<{ d1: unknown; home: unknown }> {
  const on = async (db: D1Database) => {
    for (const sql of TABLES) await db.prepare(sql).run();
    return ask(db).catch((error: Error) => error.message.replace(/ \(extended.*/, ""));
  };
  const d1 = await on(env.DB);
  for (const table of ["kept", "counted"]) await env.DB.prepare(`DROP TABLE ${table}`).run();
  const home = await runInDurableObject(coordinatorOf(env, crypto.randomUUID()), (_, { storage }) => {
    const tables = new Queries(storage);
    return on(new HomeDatabase(async (queries) => tables.run(queries)) as unknown as D1Database);
  });
  return { d1, home };
}

const insert = (db: D1Database, ...values: unknown[]) =>
  db.prepare("INSERT INTO kept VALUES (?, ?, ?)").bind(...values);
const verdictOf = ({ results, success, meta }: D1Result) => ({ results, success, changes: meta.changes });

test.each<[string, Asked]>([
  [
    "a first row",
    async (db) => (await insert(db, "a", 1, null).run()) && db.prepare("SELECT * FROM kept").first(),
  ],
  ["a first column", async (db) => db.prepare("SELECT 7 AS seven, 8 AS eight").first("eight")],
  ["no row", async (db) => db.prepare("SELECT * FROM kept").first()],
  [
    "texts, numbers and bytes",
    async (db) =>
      (await insert(db, "é", 2 ** 40, new Uint8Array([1, 2]).buffer).run()) &&
      db.prepare("SELECT id, size, hex(note) AS note FROM kept").all().then(verdictOf),
  ],
  ["a boolean", async (db) => db.prepare("SELECT ? AS yes, typeof(?1) AS type").bind(true).first()],
  ["rows as they are", async (db) => db.prepare("SELECT 1 AS a, 'x' AS b UNION SELECT 2, 'y'").raw()],
  ["rows and their columns", async (db) => db.prepare("SELECT 1 AS a, 'x' AS b").raw({ columnNames: true })],
  ["changes, with those of a trigger", async (db) => verdictOf(await insert(db, "a", 1, null).run())],
  ["no change", async (db) => verdictOf(await db.prepare("UPDATE kept SET size = 1 WHERE id = 'b'").run())],
  [
    "a batch, each statement's own changes",
    async (db) =>
      (
        await db.batch([
          insert(db, "a", 1, null),
          db.prepare("SELECT count(*) AS n FROM counted"),
          db.prepare("UPDATE kept SET size = 2 RETURNING size"),
          insert(db, "b", 1, null),
        ])
      ).map(verdictOf),
  ],
  [
    "a change after a batch that failed half way",
    async (db) => {
      await db.batch([insert(db, "a", 1, null), insert(db, "a", 2, null)]).catch(() => {});
      return verdictOf(await insert(db, "b", 1, null).run());
    },
  ],
  [
    "a row that is there",
    async (db) => (await insert(db, "a", 1, null).run()) && insert(db, "a", 2, null).run(),
  ],
  ["a statement that is none", async (db) => db.prepare("SELEC 1").first()],
])("%s is what D1 makes of it", async (_what, ask) => {
  const { d1, home } = await both(ask);
  expect(home).toEqual(d1);
});

test("of a batch that fails nothing is left", async () => {
  const { d1, home } = await both(async (db) => {
    await db.batch([insert(db, "a", 1, null), insert(db, "a", 2, null)]).catch(() => {});
    return db.prepare("SELECT count(*) AS n FROM kept").first();
  });
  expect(home).toEqual({ n: 0 });
  expect(d1).toEqual(home);
});
