import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { expect, onTestFinished, test } from "vitest";
import { RELEASED_ROWS } from "../test/support/released-rows.ts";
import { catalogueFile } from "./catalogue-file.ts";
import { applyMigrations, hasSeen, readMigrations } from "./migrations.ts";
import { readSettings } from "./settings.ts";
import { databaseOptions, persistence } from "./worker-options.ts";

const migrations = readMigrations(new URL("../migrations/", import.meta.url));
const names = migrations.map(({ name }) => name);

async function emptyDatabase() {
  const folder = mkdtempSync(join(tmpdir(), "glimpse-migrations-"));
  const miniflare = new Miniflare(databaseOptions(readSettings({ dataDir: folder })));
  onTestFinished(async () => {
    await miniflare.dispose();
    rmSync(folder, { recursive: true });
  });
  return miniflare.getD1Database("DB");
}

test.each(names.map((name, at) => [name, at] as const))(
  "a start on a database that stopped at %s applies what is missing, once, and keeps its rows",
  async (_name, at) => {
    const db = await emptyDatabase();
    const released = migrations.slice(0, at + 1);
    expect(await applyMigrations(db, released)).toEqual(names.slice(0, at + 1));
    const rows = released.flatMap(({ name }) => RELEASED_ROWS[name] ?? []);
    for (const row of rows) await db.prepare(row).run();
    expect(await applyMigrations(db, migrations)).toEqual(names.slice(at + 1));
    expect(await applyMigrations(db, migrations)).toEqual([]);
    const tables = rows.flatMap((row) => /INTO (\w+)/.exec(row)?.[1] ?? []);
    for (const table of tables)
      expect(await db.prepare(`SELECT count(*) n FROM ${table}`).first("n"), table).toBe(1);
  },
);

test("a migration that fails leaves nothing of itself", async () => {
  const db = await emptyDatabase();
  const broken = { name: "0000_broken.sql", queries: ["CREATE TABLE half (id TEXT)", "CREATE nonsense"] };
  await expect(applyMigrations(db, [broken])).rejects.toThrow();
  const left = await db.prepare("SELECT count(*) n FROM sqlite_master WHERE name = 'half'").first("n");
  expect(left).toBe(0);
  expect(await applyMigrations(db, migrations)).toEqual(names);
});

test("a migration that was applied although its answer was lost is not taken for failed", async () => {
  const db = await emptyDatabase();
  const losing = {
    prepare: (query: string) => db.prepare(query),
    batch: async (statements: Parameters<typeof db.batch>[0]): Promise<never> => {
      await db.batch(statements);
      throw new TypeError("fetch failed");
    },
  };
  expect(await applyMigrations(losing, migrations)).toEqual(names);
  expect(await applyMigrations(db, migrations)).toEqual([]);
});

test("a file tells whether its database has seen all migrations", async () => {
  const folder = mkdtempSync(join(tmpdir(), "glimpse-migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const settings = readSettings({ dataDir: folder });
  const file = () => catalogueFile(persistence(settings));
  expect(file()).toBeUndefined();
  const applied = async (some: typeof migrations) => {
    const miniflare = new Miniflare(databaseOptions(settings));
    await applyMigrations(await miniflare.getD1Database("DB"), some);
    await miniflare.dispose();
    return hasSeen(file() ?? "", migrations);
  };
  expect(await applied([])).toBe(false);
  expect(await applied(migrations.slice(0, -1))).toBe(false);
  expect(await applied(migrations)).toBe(true);
  expect(hasSeen(join(folder, "none"), migrations)).toBe(false);
}, 20_000);
