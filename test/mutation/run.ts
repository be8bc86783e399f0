import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest, type Vitest } from "vitest/node";
import { ClientCompiler } from "./documents/compiler.ts";
import { documentText } from "./documents/edit.ts";
import { WRONG_DOCUMENTS } from "./documents/wrong.ts";
import type { Mutation } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";
import { staleness } from "./stale.ts";

/**
 * Breaks one rule after another in a copy of the tree, and shows that the tests which hold it fail then: a test that
 * passes whatever the code does proves nothing. Then it makes the OpenAPI document wrong in one way after another, and
 * shows that what stands on the client does not compile. `npm run mutations`; a text as argument picks those that mention
 * it.
 */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

// Miniflare would ask the internet where it is.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";

const wanted = process.argv[2] ?? "";
const chosen = MUTATIONS.filter((mutation) => JSON.stringify(mutation).includes(wanted));
const documents = WRONG_DOCUMENTS.filter(({ what }) => what.includes(wanted));
let failed = 0;
if (documents.length > 0) await compileWithWrongDocuments();
if (chosen.length > 0) await testWithBrokenRules();
const tried = chosen.length + documents.length;
console.log(`mutations: ${tried - failed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 && tried > 0 ? 0 : 1);

async function compileWithWrongDocuments(): Promise<void> {
  const compiler = new ClientCompiler();
  const document = documentText();
  const mistake = await compiler.firstMistake(document);
  if (mistake !== undefined) throw new Error(`The tree as it is does not compile: ${mistake}`);
  for (const { what, made } of documents) {
    const caught = await compiler.firstMistake(made(document));
    if (caught === undefined) failed++;
    console.log(`${caught === undefined ? "MISSED" : "caught"}  openapi/openapi.json: ${what}`);
    console.log(`        ${caught ?? "client, cli and test/e2e compile all the same"}`);
  }
}

async function testWithBrokenRules(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), "glimpse-mutations-"));
  let vitest: Vitest | undefined;
  try {
    copyTree(copy);
    process.chdir(copy);
    process.env.PWD = copy;
    vitest = await createVitest("test", { root: copy, watch: false, project: ["edge"], reporters: [{}] });
    await requireIntact(vitest);
    for (const mutation of chosen) {
      const fault = staleness(mutation) ?? (await survived(vitest, copy, mutation));
      if (fault !== undefined) failed++;
      console.log(`${fault === undefined ? "caught" : "MISSED"}  ${mutation.file}: ${shown(mutation)}`);
      if (fault !== undefined) console.log(`        ${fault}`);
    }
  } finally {
    await vitest?.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What is in the work tree, uncommitted changes included, and nothing that is built or installed. */
function copyTree(to: string): void {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT });
  for (const file of listed.toString().split("\0").filter(Boolean))
    cpSync(join(ROOT, file), join(to, file), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(to, "node_modules"));
}

/** Every test that a mutation names must pass while nothing is broken. */
async function requireIntact(runner: Vitest): Promise<void> {
  for (const file of new Set(chosen.map(({ tests }) => tests))) {
    const titles = chosen.filter(({ tests }) => tests === file).flatMap(({ fails }) => fails);
    const states = await statesOf(runner, file, [...new Set(titles)]);
    const bad = titles.filter((title) => states.get(title) !== "passed");
    if (bad.length > 0) throw new Error(`These do not pass in the tree as it is:\n${bad.join("\n")}`);
  }
}

/** Undefined when every named test fails while the rule is broken, else what did not. */
async function survived(
  runner: Vitest,
  copy: string,
  { file, from, to, tests, fails }: Mutation,
): Promise<string | undefined> {
  const path = join(copy, file);
  const intact = readFileSync(path, "utf8");
  writeFileSync(
    path,
    intact.replace(from, () => to),
  );
  runner.invalidateFile(path);
  try {
    const states = await statesOf(runner, tests, fails);
    const missed = fails.filter((title) => states.get(title) !== "failed");
    return missed.length === 0
      ? undefined
      : missed.map((title) => `${states.get(title) ?? "not run"}: ${title}`).join("; ");
  } finally {
    writeFileSync(path, intact);
    runner.invalidateFile(path);
  }
}

async function statesOf(
  runner: Vitest,
  tests: string,
  titles: readonly string[],
): Promise<Map<string, string>> {
  runner.setGlobalTestNamePattern(new RegExp(`(?:${titles.map(escaped).join("|")})$`));
  const files = await runner.globTestSpecifications([tests]);
  const { testModules } = await runner.runTestSpecifications(files, false);
  const states = new Map<string, string>();
  for (const module of testModules) {
    for (const error of module.errors()) console.error(error.message);
    for (const test of module.children.allTests()) states.set(test.name, test.result().state);
  }
  return states;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function shown({ from, to }: Mutation): string {
  const line = (text: string) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  return `${line(from)} → ${line(to) || "nothing"}`;
}
