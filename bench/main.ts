/** Measures the product as `npm start` runs it: `npm run bench -- --help`. */
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ceilings } from "./ceilings.ts";
import { cycles } from "./cycles.ts";
import { type Effort, FULL, FULL_RUNS, QUICK, QUICK_RUNS } from "./effort.ts";
import { floors } from "./floors/floors.ts";
import { lists } from "./lists.ts";
import { memory } from "./memory.ts";
import { PEER_QUESTIONS } from "./peer/questions.ts";
import { profile } from "./profile.ts";
import { rbd } from "./rbd.ts";
import { endAll } from "./running.ts";
import { showList } from "./show-list.ts";
import { circumstances, markdownOf, type Section, writeReadme } from "./table.ts";
import { transfer } from "./transfer.ts";

type Ask = (effort: Effort) => Promise<Section | Section[]>;

interface Question {
  readonly name: string;
  readonly ask: Ask;
}

const QUESTIONS: Record<string, Ask> = {
  "show-list": showList,
  transfer,
  cycles,
  memory,
  ceilings,
  lists,
  rbd,
  floors,
  profile,
};

/**
 * Have their own place in the README: the lists take as long as all the others together, rbd and profile need Ceph, the
 * floors are not of the product, and who looks at what programs do slows them.
 */
const WHEN_NAMED = ["lists", "rbd", "floors", "profile"];

const USAGE = `Usage: npm run bench -- [options] [question...]

Questions: ${Object.keys(QUESTIONS).join(", ")}; all but ${WHEN_NAMED.join(", ")} when none is named.

  --peer       beside a real Glance, with one Keystone: ${Object.keys(PEER_QUESTIONS).join(", ")}
  --quick      small sizes, one run: about two minutes
  --runs N     measure each figure N times (${FULL_RUNS})
  --images N   images in the catalogue, for show-list, lists and million, rather than their own numbers
  --dir PATH   a folder on the disk to measure (${tmpdir()})
  --write      put the tables into bench/README.md
  --help
`;

const options = {
  peer: { type: "boolean", default: false },
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
  const known = values.peer ? PEER_QUESTIONS : QUESTIONS;
  const unknown = positionals.find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw new WrongUsage(`There is no question ${unknown}.`);
  const effort: Effort = {
    ...(values.quick ? QUICK : FULL),
    runs: values.runs ? wholeNumber("--runs", values.runs) : values.quick ? QUICK_RUNS : FULL_RUNS,
    images: values.images === undefined ? undefined : wholeNumber("--images", values.images),
    dir: resolve(values.dir),
  };
  const asked =
    positionals.length > 0 ? positionals : Object.keys(known).filter((name) => !WHEN_NAMED.includes(name));
  const questions = asked.flatMap((name): Question[] => {
    const ask = known[name];
    return ask ? [{ name, ask }] : [];
  });
  if (values.write && !values.peer && asked.length > 1 && asked.some((name) => WHEN_NAMED.includes(name)))
    throw new WrongUsage(
      `Each of ${WHEN_NAMED.join(", ")} has a place of its own: --write it without other questions.`,
    );
  return { effort, questions, ...values };
}

async function answer(questions: readonly Question[], effort: Effort): Promise<Section[]> {
  const sections: Section[] = [];
  for (const { name, ask } of questions) {
    process.stderr.write(`${name} ...\n`);
    sections.push(...[await ask(effort)].flat());
  }
  return sections;
}

type CommandLine = ReturnType<typeof readCommandLine>;

/**
 * Tells a table, and resolves with the bounds that did not hold. Those beside a peer take long, and have a table each, which
 * is there when it is done; the others share one.
 */
async function tell(questions: readonly Question[], { effort, peer, write }: CommandLine): Promise<string[]> {
  const sections = await answer(questions, effort);
  const figures = [circumstances(effort.runs), ...sections.map(markdownOf)].join("\n\n");
  process.stdout.write(`${figures}\n`);
  const [{ name } = { name: "" }] = questions;
  if (write) writeReadme(peer ? `peer-${name}` : WHEN_NAMED.includes(name) ? name : "figures", figures);
  return sections.flatMap((section) => section.failures ?? []);
}

async function main(): Promise<number> {
  const commandLine = readCommandLine();
  if (commandLine.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { peer, questions } = commandLine;
  const failures: string[] = [];
  for (const part of peer ? questions.map((question) => [question]) : [questions])
    failures.push(...(await tell(part, commandLine)));
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  return failures.length > 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    await endAll();
    process.exit(130);
  });

try {
  process.exitCode = await main();
} catch (error) {
  const misused =
    error instanceof WrongUsage || String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
  if (!misused) throw error;
  process.stderr.write(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
