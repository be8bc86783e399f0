import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildReference } from "../reference/build.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Libraries in CommonJS ask for Node's modules with `require`, which a module does not have. */
const BANNER = `#!/usr/bin/env node
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

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

buildReference();
