import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { readMigrations } from "./launcher/migrations.ts";
import { REFERENCE } from "./reference/build.ts";
import { DescribedReport } from "./test/support/described.node.ts";
import type { ProvidedRelay } from "./test/support/provided.ts";

// wrangler.toml names it, and wants it to be there, where nothing has been built as well.
mkdirSync(REFERENCE, { recursive: true });

const edge = {
  bindings: {
    LOG_LEVEL: "error",
    STORES: [
      { id: "file", type: "memory" },
      { id: "r2", type: "r2" },
      { id: "web", type: "http" },
    ],
    IDENTITY: { mode: "embedded" },
    QUOTAS: { projects: [{ id: "bounded", userStorageQuota: 10 }] },
    TRANSFERS: { leaseSeconds: 60, heartbeatSeconds: 15 },
    // A slice each alarm, so that a test can look between them.
    LOCATIONS: { sliceBytes: 1024 * 1024, runSeconds: 0, hashRetries: 2 },
    TOKEN_SIGNING_KEY: "a signing key that only tests use, 0123456789",
    BOOTSTRAP_ADMIN_PASSWORD: "correct horse battery",
    TEST_MIGRATIONS: readMigrations(new URL("./migrations/", import.meta.url)),
  },
};

/** `with { type: "text" }` is esbuild's to heed, and so the product's; Vite takes a file for what its name says. */
const textOfOpenapi = {
  name: "text-of-openapi",
  enforce: "pre" as const,
  resolveId: (source: string) =>
    /\/openapi\/openapi\.(json|yaml)$/.test(source) ? `\0text of ${source.split(".").at(-1)}` : undefined,
  load: (id: string) =>
    id.startsWith("\0text of ")
      ? `export default ${JSON.stringify(readFileSync(new URL(`./openapi/openapi.${id.slice(9)}`, import.meta.url), "utf8"))}`
      : undefined,
};

/** The relay that serves the edge's tests runs in Node; of pino, Vite would give it what browsers get. */
const pinoOfNode = {
  name: "pino-of-node",
  enforce: "pre" as const,
  resolveId: (source: string) => (source === "pino" ? fileURLToPath(import.meta.resolve("pino")) : undefined),
};

/** What the launcher gives the worker beside a relay on the same machine. */
const besideRelay = ({ url, dir, key }: ProvidedRelay) => ({
  STORES: [
    { id: "file", type: "relay", relay: "home", kind: "file", path: dir },
    { id: "r2", type: "r2" },
  ],
  RELAYS: [{ id: "home", url }],
  RELAY_KEYS: [{ relay: "home", ...key }],
  SINGLE_PROCESS: true,
});

const edgeRuntime = ({ atHome = false, withRelay = false } = {}) => [
  textOfOpenapi,
  pinoOfNode,
  cloudflareTest(({ inject }) => ({
    wrangler: { configPath: "./wrangler.toml" },
    // The worker as the launcher runs it.
    ...(atHome ? { main: "./src/home/worker.ts" } : {}),
    miniflare: {
      bindings: { ...edge.bindings, ...(withRelay ? besideRelay(inject("relay")) : {}) },
      ...(atHome ? { durableObjects: { HOME: { className: "Home", useSQLite: true } } } : {}),
    },
  })),
];

/** Two of its three files at once, a core each. `FUZZ_SEED` repeats a run, `FUZZ_WORLDS` makes it shorter or longer. */
const worlds = Number(process.env.FUZZ_WORLDS ?? 30);
const fuzz = {
  seed: Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 30)),
  worlds,
  requests: process.env.FUZZ_WORLDS ? 0 : worlds * 300,
};

/**
 * Modules inside workerd (edge); the worker as the launcher runs it (home); Node programs (node); random requests (fuzz:
 * `npm run fuzz`); stores with their real servers, which test/stores/stores.sh and test/stores/rbd/rbd.sh start (stores,
 * stores-product, rbd); and the product as `npm start` runs it (e2e: `npm run e2e`).
 */
export default defineConfig({
  test: {
    reporters: ["default", new DescribedReport()],
    // By itself Vitest leaves one core idle: of two, half.
    maxWorkers: "100%",
    projects: [
      {
        plugins: edgeRuntime(),
        test: {
          name: "edge",
          // A login takes a third of a second of a core, and a busy machine has no free one.
          testTimeout: 20_000,
          // Bundled, as it ships, scrypt takes a tenth of the time that it takes module by module.
          deps: { optimizer: { ssr: { enabled: true, include: ["@noble/hashes/scrypt.js"] } } },
          include: ["src/**/*.test.ts", "test/{conformance,consumers}/**/*.edge.test.ts"],
          setupFiles: ["./test/support/migrate.ts"],
          globalSetup: ["./test/support/relay-setup.node.ts"],
        },
      },
      {
        plugins: edgeRuntime({ atHome: true, withRelay: true }),
        test: {
          name: "home",
          // A request takes milliseconds, and a busy machine has no free core.
          testTimeout: 20_000,
          include: ["test/home/**/*.test.ts"],
          setupFiles: ["./test/support/catalogue-at-home.ts"],
          globalSetup: ["./test/support/relay-setup.node.ts"],
        },
      },
      {
        test: {
          name: "node",
          include: [
            "{relay,cli,client,protocol,launcher,scripts,bench}/**/*.test.ts",
            "test/conformance/**/*.node.test.ts",
          ],
        },
      },
      {
        plugins: edgeRuntime(),
        test: {
          name: "fuzz",
          include: ["test/fuzz/surface-*.fuzz.test.ts"],
          setupFiles: ["./test/support/migrate.ts"],
          provide: { fuzz },
          // What fails is made shorter before it is told.
          testTimeout: 90_000,
        },
      },
      {
        plugins: edgeRuntime({ atHome: true }),
        test: {
          name: "fuzz-home",
          include: ["test/fuzz/at-home.fuzz.test.ts"],
          setupFiles: ["./test/support/catalogue-at-home.ts"],
          provide: { fuzz },
          testTimeout: 90_000,
        },
      },
      {
        plugins: [edgeRuntime()],
        test: {
          name: "stores",
          include: ["test/stores/**/*.edge.test.ts"],
          globalSetup: ["./test/stores/services.node.ts"],
          // Who tests faults waits, mostly.
          maxConcurrency: 10,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "rbd",
          include: ["test/stores/rbd/**/*.node.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // One cluster, which some of them stop.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "stores-product",
          include: ["test/stores/*.node.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
