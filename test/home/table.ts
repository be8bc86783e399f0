import architecture from "../../ARCHITECTURE.md?raw";

/** What the table of costs says of a request. */
interface Row {
  readonly questions: string;
  readonly calls: string;
}

const [, section = ""] = /^## What each request costs\n(.*?)^## /ms.exec(architecture) ?? [];
const [table = "", beside = ""] = section.split("\nBeside these:\n");

const rows = new Map<string, Row>();
let above = "";
for (const line of table.split("\n").filter((each) => each.startsWith("|"))) {
  const [, name = "", , questions = "", calls = ""] = line.split("|").map((cell) => cell.trim());
  // `the same, direct` is the request above it, in another way.
  above = name.startsWith("the same, ") ? above.replace(/[^,]*$/, name.slice("the same,".length)) : name;
  rows.set(above, { questions, calls });
}

/** The row of this name. `the same, direct` has the name that it stands for. */
export function told(name: string): Row {
  const row = rows.get(name);
  if (!row) throw new Error(`the table of costs has no row "${name}", but ${[...rows.keys()].join("; ")}`);
  return row;
}

/** What stands beside the table, in one line. */
export const toldBeside = beside.replace(/\s+/g, " ");
