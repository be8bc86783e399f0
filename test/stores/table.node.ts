import { readFileSync } from "node:fs";

interface Result {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

/**
 * Prints what `vitest --reporter=json` wrote as a table, a column for each store that was tried and a row for each case;
 * then the ring's closing line. Ends with 1 unless all that is there has passed.
 */
const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as {
  readonly success: boolean;
  readonly testResults: readonly { readonly assertionResults: readonly Result[] }[];
};
const results = report.testResults.flatMap((file) => file.assertionResults);

const suites = new Map<string, Map<string, Map<string, string>>>();
for (const { ancestorTitles, title, status } of results) {
  const [suite = "", store] = (ancestorTitles.join(" ") || "the ring itself").split(": ");
  const rows = suites.get(suite) ?? new Map<string, Map<string, string>>();
  const row = rows.get(title) ?? new Map<string, string>();
  suites.set(suite, rows.set(title, row.set(store ?? "", status)));
}

const MARK: Record<string, string> = { passed: "ok", failed: "FAIL" };

for (const [suite, rows] of suites) {
  const stores = [...new Set([...rows.values()].flatMap((row) => [...row.keys()]))];
  const width = Math.max(...[...rows.keys()].map((title) => title.length), suite.length);
  const line = (first: string, cells: readonly string[]) =>
    console.log(
      `| ${first.padEnd(width)} | ${cells.map((cell, i) => cell.padEnd(stores[i]?.length || 4)).join(" | ")} |`,
    );
  console.log("");
  line(suite, stores);
  line(
    "-".repeat(width),
    stores.map((store) => "-".repeat(store.length || 4)),
  );
  for (const [title, row] of rows)
    line(
      title,
      stores.map((store) => MARK[row.get(store) ?? ""] ?? row.get(store) ?? "–"),
    );
}

const count = (...statuses: string[]) => results.filter(({ status }) => statuses.includes(status)).length;
const passed = count("passed");
const skipped = count("pending", "skipped", "todo", "disabled");
// A file that could not be read has no case that failed.
const failed = Math.max(results.length - count("passed") - skipped, report.success ? 0 : 1);
console.log(`\nstores: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed + skipped > 0 ? 1 : 0;
