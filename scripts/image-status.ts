import { readFileSync, writeFileSync } from "node:fs";
import { EDGES, NOT_USED_YET, STATUSES } from "../src/domain/status.ts";

/** Says whether the drawing of src/domain/status.ts is fresh; with `--write` it is made so. */
const PAGE = new URL("../docs/image-status.md", import.meta.url);

const diagram = [
  "stateDiagram-v2",
  "  [*] --> queued: create",
  ...EDGES.map(({ from, event, to }) => `  ${from} --> ${to}: ${event}`),
];

const table = STATUSES.flatMap((status) => {
  const ways = EDGES.filter(({ from }) => from === status).map(({ event, to }) => `\`${event}\` → ${to}`);
  return `| \`${status}\` | ${ways.join("<br>") || "no way out"} |`;
});

const unused = [...NOT_USED_YET]
  .map((event) => `\`${event}\``)
  .join(", ")
  .replace(/, ([^,]*)$/, " and $1");

const page = `# The status of an image

Made by \`npm run -s generated -- --write\` from [src/domain/status.ts](../src/domain/status.ts), which alone decides:
an event that has no line here is refused. Only the image's Durable Object moves a status (ARCHITECTURE.md).
Nothing causes ${unused} yet.

\`\`\`mermaid
${diagram.join("\n")}
\`\`\`

| In this status | these events lead on |
|---|---|
${table.join("\n")}
`;

if (process.argv.includes("--write")) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, "utf8") !== page) {
  process.stderr.write(
    "docs/image-status.md is stale.\nMake it anew with `npm run -s generated -- --write`.\n",
  );
  process.exitCode = 1;
}
