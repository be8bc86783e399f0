import { applyD1Migrations, env } from "cloudflare:test";

/** Runs before each test file: storage is isolated per file, so every file finds the tables, empty. */
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
