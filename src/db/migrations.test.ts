import { applyD1Migrations, type D1Migration, env } from "cloudflare:test";
import { expect, test } from "vitest";
import { RELEASED_ROWS } from "../../test/support/released-rows.ts";
import { countedUsage, recountedUsage } from "../../test/support/usage.ts";

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
    for (const { name } of released)
      for (const row of RELEASED_ROWS[name] ?? []) await env.DB.prepare(row).run();
    const names = (await tables()).filter((name) => name !== "d1_migrations");
    const before = await counts(names);
    await applyD1Migrations(env.DB, migrations);
    expect(await counts(names)).toEqual(before);
    expect(await env.DB.prepare("SELECT count(*) n FROM d1_migrations").first("n")).toBe(migrations.length);
    expect((await env.DB.prepare("PRAGMA foreign_key_check").all()).results).toEqual([]);
    expect(await countedUsage()).toEqual(await recountedUsage());
  },
);

test("after all migrations, the counters still follow the rows", async () => {
  await env.DB.prepare("UPDATE images SET size = 9, reserved_bytes = 3, owner = 'p2' WHERE id = 'i1'").run();
  await env.DB.prepare("UPDATE image_locations SET status = 'pending_delete'").run();
  await env.DB.prepare("DELETE FROM image_locations").run();
  expect(await countedUsage()).toEqual(await recountedUsage());
  expect(await countedUsage()).toEqual([
    { project: "p2", images: 1, uploading: 0, bytes: 0, staged_bytes: 0, reserved_bytes: 3 },
  ]);
});

test("every table of the catalogue has a row in this test", async () => {
  const statements = Object.values(RELEASED_ROWS).flat().join("\n");
  const created = migrations.flatMap(({ queries }) =>
    queries.flatMap((query) => /CREATE TABLE `(\w+)`/.exec(query)?.[1] ?? []),
  );
  expect(created.filter((table) => !new RegExp(`INTO ${table}\\b`).test(statements))).toEqual([]);
});
