/**
 * A program of its own that runs only during a start: it bundles the worker, applies migrations, and has Miniflare make
 * the configuration for workerd. The 100 MiB that this takes are freed when it ends.
 */
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Miniflare, type MiniflareOptions, Runtime, type RuntimeOptions } from "miniflare";
import { bundleWorker } from "./bundle.ts";
import { catalogueFile, keepInMemory, leadHomeToCatalogue } from "./catalogue-file.ts";
import { applyMigrations, hasSeen, readMigrations } from "./migrations.ts";
import type { Prepared, RelayAt, Setup, WorkerProgram } from "./preparation.ts";
import type { Settings } from "./settings.ts";
import { Unusable } from "./unusable.ts";
import { WORKERD_V8_FLAGS } from "./v8-flags.ts";
import { databaseOptions, persistence, workerOptions } from "./worker-options.ts";

const MIGRATIONS = new URL("../migrations/", import.meta.url);
const OWNER_ALONE = 0o600;

process.env.MINIFLARE_WORKERD_V8_FLAGS ??= WORKERD_V8_FLAGS.join(" ");

/** Before the worker listens: no request may reach a database without tables. */
async function migrate(settings: Settings): Promise<void> {
  const migrations = readMigrations(MIGRATIONS);
  const there = catalogueFile(persistence(settings));
  if (there === undefined || !hasSeen(there, migrations)) {
    const database = new Miniflare(databaseOptions(settings));
    try {
      await database.ready;
      await applyMigrations(await database.getD1Database("DB"), migrations);
    } finally {
      await database.dispose();
    }
  }
  const file = catalogueFile(persistence(settings));
  if (file !== undefined) keepInMemory(file);
  leadHomeToCatalogue(persistence(settings));
}

/**
 * Has Miniflare make workerd's configuration, as if it were about to run it. The configuration holds secrets, so only
 * the owner may read the file.
 */
async function programOf(options: MiniflareOptions, dataDir: string): Promise<WorkerProgram> {
  const path = join(dataDir, "worker.config");
  const foldersThere = temporaryFolders(join(dataDir, "worker/tmp"));
  const { promise, resolve } = Promise.withResolvers<{ config: Buffer; options: RuntimeOptions }>();
  Runtime.prototype.updateConfig = async (config, runtime) => {
    resolve({ config, options: runtime });
    // Miniflare asks where workerd listens, and does nothing with the answer.
    return new Map(runtime.requiredSockets.map((socket) => [socket, 1]));
  };
  const miniflare = new Miniflare(options);
  await miniflare.ready;
  const { config, options: runtime } = await promise;
  const makeAnew = foldersThere();
  await miniflare.dispose();
  makeAnew();
  writeFileSync(path, config, { mode: OWNER_ALONE });
  return {
    command: createRequire(createRequire(import.meta.url).resolve("miniflare"))("workerd").default,
    args: [
      ...["serve", "--binary", "--experimental", "--control-fd=3"],
      `--socket-addr=entry=${runtime.entryAddress}`,
      // Miniflare's own server, which is gone by then: without it, workers write their messages to the log.
      `--external-addr=loopback=${runtime.loopbackAddress}`,
      ...inspectorArguments(process.env.GLIMPSE_WORKER_INSPECTOR),
      path,
    ],
    sockets: runtime.requiredSockets.map(String),
  };
}

/** Of workerd: where V8's inspector listens, which bench/profile.ts asks. Whoever reaches it reads the secrets. */
const inspectorArguments = (address: string | undefined) =>
  address === undefined ? [] : [`--inspector-addr=${address}`];

/**
 * Has Miniflare create its temporary folders, without which workerd does not start, in a place that each start clears.
 * Returns a function that records the existing folders and returns one that recreates them after Miniflare has removed
 * them.
 */
function temporaryFolders(path: string): () => () => void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  process.env.TMPDIR = path;
  return () => {
    const made = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    return () => {
      for (const folder of made) mkdirSync(folder, { recursive: true });
    };
  };
}

async function prepare(setup: Setup, relay: Promise<RelayAt>): Promise<WorkerProgram> {
  const [script] = await Promise.all([bundleWorker(), migrate(setup.settings)]);
  const { relayUrl } = await relay;
  return programOf(workerOptions({ ...setup, script, relayUrl }), setup.settings.server.data_dir);
}

/** The launcher, which would take the result, has gone. */
process.once("disconnect", () => process.exit(1));
const [setup] = (await once(process, "message")) as [Setup];
const relay = once(process, "message").then(([at]) => at as RelayAt);
const answer: Prepared = await prepare(setup, relay).catch((error: Error) => ({
  failed: error.stack ?? error.message,
  ...(error instanceof Unusable ? { unusable: { what: error.message, todo: error.todo } } : {}),
}));
process.send?.(answer, undefined, {}, () => process.exit(0));
