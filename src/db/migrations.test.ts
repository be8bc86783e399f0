import { applyD1Migrations, type D1Migration, env } from "cloudflare:test";
import { expect, test } from "vitest";

/**
 * What each released migration leaves is a state that installations are in. From every one of them, with rows in it,
 * the rest must apply and the rows must be there still. A migration that changes what a table must hold says so here,
 * by the rows of the state before it.
 */
const ROWS: Record<string, string[]> = {
  "0000_catalogue.sql": [
    `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format, container_format,
       min_disk, min_ram, size, created_at, updated_at, generation)
     VALUES ('i1', NULL, 'active', 'shared', 0, 0, 'p1', 'raw', 'bare', 0, 0, 5, 1, 2, 2)`,
    "INSERT INTO image_properties VALUES ('i1', 'os_distro', 'debian')",
    "INSERT INTO image_tags VALUES ('i1', 'red')",
    "INSERT INTO image_members VALUES ('i1', 'p2', 'pending', 1, 1)",
    "INSERT INTO image_locations (image_id, url, store, created_at) VALUES ('i1', 'memory://i1', 'file', 1)",
    `INSERT INTO tasks (id, type, status, owner, created_at, updated_at)
     VALUES ('t1', 'import', 'pending', 'p1', 1, 1)`,
    "INSERT INTO task_info (task_id, input) VALUES ('t1', '{}')",
  ],
};

const migrations: D1Migration[] = env.TEST_MIGRATIONS;

const tables = async (): Promise<string[]> => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  return results.map((row) => row.name);
};

async function empty(): Promise<void> {
  const names = (await tables()).map((name) => env.DB.prepare(`DROP TABLE "${name}"`));
  await env.DB.batch([env.DB.prepare("PRAGMA defer_foreign_keys = ON"), ...names]);
}

const counts = async (names: readonly string[]) =>
  Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [
        name,
        await env.DB.prepare(`SELECT count(*) n FROM "${name}"`).first<number>("n"),
      ]),
    ),
  );

test.each(migrations.map(({ name }, at) => [name, at] as const))(
  "from %s, with rows in its tables, the later migrations apply and lose nothing",
  async (_name, at) => {
    await empty();
    const released = migrations.slice(0, at + 1);
    await applyD1Migrations(env.DB, released);
    for (const { name } of released) for (const row of ROWS[name] ?? []) await env.DB.prepare(row).run();
    const names = (await tables()).filter((name) => name !== "d1_migrations");
    const before = await counts(names);
    await applyD1Migrations(env.DB, migrations);
    expect(await counts(names)).toEqual(before);
    expect(await env.DB.prepare("SELECT count(*) n FROM d1_migrations").first("n")).toBe(migrations.length);
    expect((await env.DB.prepare("PRAGMA foreign_key_check").all()).results).toEqual([]);
  },
);

test("every table of the catalogue has a row in this test", async () => {
  const statements = Object.values(ROWS).flat().join("\n");
  const created = migrations
    .filter(({ name }) => name in ROWS)
    .flatMap(({ queries }) => queries.flatMap((query) => /CREATE TABLE `(\w+)`/.exec(query)?.[1] ?? []));
  expect(created.filter((table) => !new RegExp(`INTO ${table}\\b`).test(statements))).toEqual([]);
});
