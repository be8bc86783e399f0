import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

/** The worker's entry at home, and on Cloudflare. */
export type Entry = "src/home/worker.ts" | "src/worker.ts";

/** The worker as one module, bundled as `wrangler deploy` would. Also ends esbuild's own process. */
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
      // workerd keeps the text in memory. Names are not shortened, so that a stack trace in the log can be read.
      minifyWhitespace: true,
      minifySyntax: true,
      logLevel: "silent",
    });
    return outputFiles[0]?.text ?? "";
  } finally {
    await stop();
  }
}
