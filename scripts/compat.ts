import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Row, Step } from "../test/conformance/api/row.ts";
import { PAGES } from "../test/conformance/api/rows.ts";
import { staleMutations } from "../test/mutation/stale.ts";

/**
 * Says whether docs/glance-compat.md lists every row of test/conformance/api, and names no test that there is not; with
 * `--write` its list is made anew. Says as well which mutations no longer fit what they break.
 */
const PAGE = new URL("../docs/glance-compat.md", import.meta.url);
const BEGIN = "<!-- Made by `npm run -s generated -- --write` from test/conformance/api. -->\n";

const page = readFileSync(PAGE, "utf8");
const at = page.indexOf(BEGIN);
const written = at < 0 ? page : page.slice(0, at);
const whole = `${written}${BEGIN}\n${Object.entries(PAGES).map(table).join("\n")}`;

if (process.argv.includes("--write")) writeFileSync(PAGE, whole);
const problems = [
  ...(process.argv.includes("--write") || whole === page
    ? []
    : ["docs/glance-compat.md is stale. Make it anew with `npm run -s generated -- --write`."]),
  ...missingTests(written),
  ...staleMutations().map((problem) => `test/mutation: ${problem}.`),
];
if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exitCode = 1;
}

function table([name, rows]: readonly [string, readonly Row[]]): string {
  const lines = rows.map((row) => {
    const steps = "steps" in row ? row.steps : [row];
    return `| ${cell(row.row)} | ${steps.map(request).join("<br>")} | ${steps.map((step) => step.expect).join("<br>")} |`;
  });
  return `### ${name}\n\n| Row | Request | Answer |\n|---|---|---|\n${lines.join("\n")}\n`;
}

function request({ send, as }: Step): string {
  const short = send.length > 100 ? `${send.slice(0, 99)}…` : send;
  return `\`${cell(short)}\`${as === undefined ? "" : `, ${as}`}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** Paths of tests in the part that people write: below src/ or test/ or the root, each with a title after a `›` if need be. */
function missingTests(text: string): string[] {
  const named = text.matchAll(/([\w./-]+(?:\.test)?\.(?:ts|sh))(?: › ([^,;|]+[^,;|\s]))?/g);
  return [...named].flatMap(([, path = "", title]) => {
    const found = ["src/", "test/", ""]
      .map((root) => new URL(`../${root}${path}`, import.meta.url))
      .find(existsSync);
    if (!found) return `docs/glance-compat.md names ${path}, which is no file.`;
    if (title === undefined || readFileSync(found, "utf8").includes(title)) return [];
    return `docs/glance-compat.md names "${title}", which ${path} does not have.`;
  });
}
