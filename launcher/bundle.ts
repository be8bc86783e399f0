import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const ENTRY = fileURLToPath(new URL("../src/home/worker.ts", import.meta.url));

/** The worker as one module, as `wrangler deploy` would bundle it. Ends esbuild's own process with it. */
export async function bundleWorker(): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [ENTRY],
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
