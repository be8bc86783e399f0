import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildReference } from "../reference/build.ts";
import { writeClientTypes } from "./client-types.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Libraries in CommonJS ask for Node's modules with `require`, which a module does not have. */
const BANNER = `#!/usr/bin/env node
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

await writeClientTypes();

/** The command line client as one file, which Node 20 runs as well: it needs neither type stripping nor packages. */
const outfile = at("cli/dist/glimpse.js");
await build({
  entryPoints: [at("cli/main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  banner: { js: BANNER },
  logLevel: "warning",
});
await chmod(outfile, 0o755);

/** The client for other programs: modules that pages and Node take as they are, and their types. */
await build({
  entryPoints: { index: at("client/index.ts"), node: at("client/node-transport.ts") },
  outdir: at("client/dist"),
  bundle: true,
  splitting: true,
  platform: "neutral",
  mainFields: ["module", "main"],
  external: ["node:*"],
  target: "es2022",
  format: "esm",
  logLevel: "warning",
});
execFileSync(process.execPath, [at("node_modules/typescript/bin/tsc"), "-p", at("client/tsconfig.json")]);

buildReference();
