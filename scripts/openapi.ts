import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";

/** Made of the worker's modules, which are checked against its runtime's types and not against Node's. */
const { openApiDocument } = (await import(new URL("../src/openapi/document.ts", import.meta.url).href)) as {
  openApiDocument(version: string): unknown;
};

/** Says whether openapi/ is what the routes say of themselves; with `--write` it is made so. */
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

// By way of JSON, so that both have the same: there are examples that leave a field out by `undefined`.
const json = `${JSON.stringify(openApiDocument(version), null, 2)}\n`;
const yaml = stringify(JSON.parse(json), { lineWidth: 120, aliasDuplicateObjects: false });

for (const [name, text] of [
  ["openapi/openapi.json", json],
  ["openapi/openapi.yaml", yaml],
] as const) {
  const file = new URL(`../${name}`, import.meta.url);
  if (process.argv.includes("--write")) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    process.stderr.write(`${name} is stale. Make it anew with \`npm run -s generated -- --write\`.\n`);
    process.exitCode = 1;
  }
}
