/**
 * On what was it measured, and how is it shown?
 *
 * Turns sections into markdown, under a line that says which machine, which versions, when and at which commit.
 */
import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { inMiB } from "./effort.ts";

/** One question's answer. */
export interface Section {
  readonly title: string;
  readonly note?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Bounds that did not hold: the bench then ends with a failure. */
  readonly failures?: readonly string[];
}

const README = new URL("README.md", import.meta.url);

/** A heading, what is to be known, and the rows. */
export function markdownOf(section: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = section.columns.map((_, i) => (i === 0 ? "---" : "--:"));
  for (const row of section.rows)
    if (row.length !== section.columns.length)
      throw new Error(`${section.title}: a row of other columns than the table's: ${row.join(" | ")}`);
  const table = [section.columns, rule, ...section.rows].map(line).join("\n");
  return [`### ${section.title}`, ...(section.note ? [section.note] : []), table].join("\n\n");
}

/** The conditions of a run, as a paragraph. */
export function circumstances(runs: number): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  const workerd = createRequire(import.meta.url)("workerd/package.json") as { version: string };
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `${availableParallelism()} × ${processor}, ${gib} GiB, ${type()} ${release()}`,
    `Node ${process.versions.node}, workerd ${workerd.version}`,
    `one thread hashes ${Math.round(hashRate())} MiB/s (SHA-512)`,
    `${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
    runs > 1 ? `medians of ${runs} runs (least–most)` : "one run",
  ].join("; ");
}

const HASHED = Buffer.alloc(256 * 1024 * 1024);

/** Tells a day on which the machine is fast from one on which it is slow: it is shared with others. */
function hashRate(): number {
  const started = performance.now();
  hash("sha512", HASHED);
  return inMiB(HASHED.byteLength) / ((performance.now() - started) / 1000);
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
  try {
    // A table that was written before this one changes nothing that is measured.
    const measured = [":/", ":(top,exclude)bench/README.md"];
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", ...measured) !== "";
    return git("rev-parse", "--short", "HEAD") + (changed ? " with changes" : "");
  } catch {
    return "unknown";
  }
}

/** Replaces what stands between the markers of that name in bench/README.md. */
export function writeReadme(name: string, figures: string): void {
  const text = readFileSync(README, "utf8");
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`bench/README.md lacks ${begin} and ${end}`);
  writeFileSync(README, `${text.slice(0, before + begin.length)}\n\n${figures}\n\n${text.slice(after)}`);
}
