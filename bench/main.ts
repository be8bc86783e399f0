/** Measures the product as `npm start` runs it: `npm run bench -- --help`. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ceilings } from "./ceilings.ts";
import { cycles } from "./cycles.ts";
import { type Effort, FULL, FULL_RUNS, QUICK, QUICK_RUNS } from "./effort.ts";
import { lists } from "./lists.ts";
import { memory } from "./memory.ts";
import { Product } from "./product.ts";
import { showList } from "./show-list.ts";
import { circumstances, markdownOf, type Section, writeReadme } from "./table.ts";
import { transfer } from "./transfer.ts";

const QUESTIONS: Record<string, (effort: Effort) => Promise<Section>> = {
  "show-list": showList,
  transfer,
  cycles,
  memory,
  ceilings,
  lists,
};

/** Takes as long as all the others together, and has a table of its own. */
const WHEN_NAMED = ["lists"];

const USAGE = `Usage: npm run bench -- [options] [question...]

Questions: ${Object.keys(QUESTIONS).join(", ")}; all but lists when none is named.

  --quick      small sizes, one run: about two minutes
  --runs N     measure each figure N times (${FULL_RUNS})
  --images N   images in the catalogue, for show-list (1000) and lists (a thousand, 100,000, a million)
  --dir PATH   a folder on the disk to measure (${tmpdir()})
  --write      put the tables into bench/README.md
  --help
`;

const options = {
  quick: { type: "boolean", default: false },
  runs: { type: "string" },
  images: { type: "string" },
  dir: { type: "string", default: tmpdir() },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

class WrongUsage extends Error {}

function wholeNumber(name: string, value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new WrongUsage(`${name} is a number of at least 1, not ${value}`);
  return Number(value);
}

function readCommandLine() {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.find((name) => !Object.hasOwn(QUESTIONS, name));
  if (unknown !== undefined) throw new WrongUsage(`There is no question ${unknown}.`);
  const effort: Effort = {
    ...(values.quick ? QUICK : FULL),
    runs: values.runs ? wholeNumber("--runs", values.runs) : values.quick ? QUICK_RUNS : FULL_RUNS,
    images: values.images === undefined ? undefined : wholeNumber("--images", values.images),
    dir: resolve(values.dir),
  };
  const questions =
    positionals.length > 0
      ? positionals
      : Object.keys(QUESTIONS).filter((name) => !WHEN_NAMED.includes(name));
  if (values.write && questions.includes("lists") && questions.length > 1)
    throw new WrongUsage("The lists have a table of their own: --write them without other questions.");
  return { effort, questions, write: values.write, help: values.help };
}

async function answer(questions: readonly string[], effort: Effort): Promise<Section[]> {
  const sections: Section[] = [];
  for (const name of questions) {
    process.stderr.write(`${name} ...\n`);
    const section = await QUESTIONS[name]?.(effort);
    if (section) sections.push(section);
  }
  return sections;
}

async function main(): Promise<number> {
  const { effort, questions, write, help } = readCommandLine();
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const sections = await answer(questions, effort);
  const figures = [circumstances(effort.runs), ...sections.map(markdownOf)].join("\n\n");
  process.stdout.write(`${figures}\n`);
  if (write) writeReadme(questions.includes("lists") ? "lists" : "figures", figures);
  const failures = sections.flatMap((section) => section.failures ?? []);
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  return failures.length > 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    await Product.endAll();
    process.exit(130);
  });

try {
  process.exitCode = await main();
} catch (error) {
  const misused =
    error instanceof WrongUsage || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  if (!misused) throw error;
  process.stderr.write(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
