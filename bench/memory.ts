/**
 * How much does each process grow while images of any size go through it?
 *
 * Bytes are streamed, so the answer must not depend on the image: 4 GiB in and out, and eight uploads of unknown length
 * at once, may not add more than 150 MiB to the PSS of any process. CI runs this (`npm run bench -- memory`), and it
 * fails past the bound.
 */
import type { Access } from "./ask.ts";
import { type Effort, inMiB, sizeName } from "./effort.ts";
import { download, uploaded } from "./images.ts";
import { canLookInside, peaksDuring, pssOf } from "./processes.ts";
import { PROGRAMS, Product, type Program } from "./product.ts";
import type { Section } from "./table.ts";

const BOUND_MIB = 150;

type Memory = Record<Program, number>;

interface Step {
  readonly name: string;
  readonly work: () => Promise<unknown>;
}

function stepsOf(access: Access, effort: Effort): Step[] {
  let large = "";
  return [
    {
      name: `${sizeName(effort.memoryAlone)} in`,
      work: async () => {
        large = await uploaded(access, { bytes: effort.memoryAlone });
      },
    },
    {
      name: `${sizeName(effort.memoryAlone)} out`,
      work: () => download(access, large, { bytes: effort.memoryAlone }),
    },
    {
      name: `8 × ${sizeName(effort.memoryTogether)} in at once`,
      work: () =>
        Promise.all(Array.from({ length: 8 }, () => uploaded(access, { bytes: effort.memoryTogether }))),
    },
  ];
}

const row = (name: string, pss: Memory, rest: Memory): string[] => [
  name,
  ...PROGRAMS.map((program) => {
    const growth = pss[program] - rest[program];
    return `${inMiB(pss[program]).toFixed(0)} (${growth < 0 ? "" : "+"}${inMiB(growth).toFixed(0)})`;
  }),
];

/** A table of what each process takes, and what became more than it may. */
export async function memory(effort: Effort): Promise<Section> {
  const title = "Memory: peak PSS in MiB, and the growth since the start";
  const columns = ["step", ...PROGRAMS];
  if (!canLookInside) return { title, columns, rows: [], note: "Not measured: PSS is told by Linux alone." };
  await using product = await Product.start(effort.dir);
  const pids = product.pids();
  const pssOfAll = (program: Program) => pids[program].reduce((sum, pid) => sum + pssOf(pid), 0);
  const look = () => Object.fromEntries(PROGRAMS.map((program) => [program, pssOfAll(program)])) as Memory;
  const rest = look();
  const rows = [row("at rest", rest, rest)];
  const failures: string[] = [];
  for (const { name, work } of stepsOf(await product.access(), effort)) {
    const peak = await peaksDuring(look, work);
    rows.push(row(name, peak, rest));
    for (const program of PROGRAMS) {
      const growth = inMiB(peak[program] - rest[program]);
      if (growth > BOUND_MIB)
        failures.push(`${name}: the ${program} grew by ${growth.toFixed(0)} MiB, more than ${BOUND_MIB}`);
    }
  }
  return {
    title,
    columns,
    rows,
    failures,
    note: `One run. No process may grow by more than ${BOUND_MIB} MiB.`,
  };
}
