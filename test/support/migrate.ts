import { applyD1Migrations, env } from "cloudflare:test";
import { afterAll } from "vitest";
import { exchanged } from "./exchanged.ts";

/** Runs before each test file: storage is isolated per file, so every file finds the tables, empty. */
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

/** For test/support/described.node.ts, which sums it up. */
// biome-ignore lint/correctness/noEmptyPattern: vitest wants to see which fixtures are used, and there is none.
afterAll(({}, { file }) => {
  if (exchanged.size > 0) file.meta.exchanged = [...exchanged];
});
