import { applyD1Migrations, type D1Migration, env } from "cloudflare:test";
import { expect, test } from "vitest";
import { RELEASED_ROWS } from "../../test/support/released-rows.ts";

const TABLES = ["image_properties", "image_tags", "image_members"];

const times = async (): Promise<unknown[]> =>
  Promise.all(
    TABLES.map((table) => env.DB.prepare(`SELECT image_created_at AS at FROM ${table}`).first("at")),
  );

test("what an image carries knows when the image was created, whoever writes it, from the migration on", async () => {
  const migrations: D1Migration[] = env.TEST_MIGRATIONS;
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  await env.DB.batch([
    env.DB.prepare("PRAGMA defer_foreign_keys = ON"),
    ...results.map(({ name }) => env.DB.prepare(`DROP TABLE "${name}"`)),
  ]);
  const at = migrations.findIndex(({ name }) => name.endsWith("_list_indexes.sql"));
  await applyD1Migrations(env.DB, migrations.slice(0, at));
  const rows = RELEASED_ROWS["0000_catalogue.sql"] ?? [];
  for (const row of rows) await env.DB.prepare(row).run();
  await applyD1Migrations(env.DB, migrations);
  expect(await times()).toEqual([1, 1, 1]);

  await env.DB.prepare("UPDATE images SET created_at = 7").run();
  expect(await times()).toEqual([7, 7, 7]);

  for (const table of TABLES) await env.DB.prepare(`DELETE FROM ${table}`).run();
  for (const row of rows.filter((sql) => TABLES.some((table) => sql.includes(`INTO ${table} `))))
    await env.DB.prepare(row).run();
  expect(await times()).toEqual([7, 7, 7]);
});
