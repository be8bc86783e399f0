/**
 * Serves bare-worker.ts by Miniflare's workerd, which keeps what it writes in the folder that is given; flags of V8 may follow.
 * Its socket is the worker's own, as the product's is: Miniflare's entry would cost more than the worker.
 */
import { readFileSync } from "node:fs";
import { stop, transform } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { parse } from "smol-toml";

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

const [dir = ".", ...v8Flags] = process.argv.slice(2);
process.env.MINIFLARE_WORKERD_V8_FLAGS = v8Flags.join(" ");
const { compatibility_date } = parse(textOf("../../wrangler.toml")) as { compatibility_date: string };

const { code: script } = await transform(textOf("bare-worker.ts"), { loader: "ts" });
// Ends esbuild's own process: the only one left is workerd.
await stop();

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: "bare",
    modules: true,
    script,
    compatibilityDate: compatibility_date,
    d1Databases: { DB: "bare" },
    durableObjects: { OBJECTS: { className: "BareObject", useSQLite: true } },
    resourcePersistencePath: dir,
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    ...{ host: "127.0.0.1", port: 0, cf: false, logRequests: false },
  }),
);

const end = () => miniflare.dispose().finally(() => process.exit());
for (const signal of ["SIGINT", "SIGTERM", "disconnect"] as const) process.once(signal, end);

const { port } = await miniflare.unsafeGetDirectURL("bare");
process.send?.(Number(port));
