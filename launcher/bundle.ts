import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

/** The worker as it is here, and as it is on Cloudflare. */
export type Entry = "src/home/worker.ts" | "src/worker.ts";

/** The worker as one module, as `wrangler deploy` would bundle it. Ends esbuild's own process with it. */
export async function bundleWorker(entry: Entry = "src/home/worker.ts"): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`../${entry}`, import.meta.url))],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      mainFields: ["module", "main"],
      external: ["cloudflare:*", "node:*"],
      logLevel: "silent",
    });
    return outputFiles[0]?.text ?? "";
  } finally {
    await stop();
  }
}
