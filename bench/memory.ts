/**
 * How much does each process grow while images of any size go through it?
 *
 * Bytes are streamed, so the answer must not depend on the image: 4 GiB in and out, and eight uploads of unknown length
 * at once, may not add more than 150 MiB to the PSS of any process. CI runs this (`npm run bench -- memory`), and it
 * fails past the bound.
 */
import { createImage } from "../test/e2e/support/images.ts";
import { receive, send } from "./bytes.ts";
import { type Effort, inMiB, sizeName } from "./effort.ts";
import { canLookInside, peaksDuring, pssOf } from "./processes.ts";
import { PROGRAMS, Product, type Program } from "./product.ts";
import type { Section } from "./table.ts";

const BOUND_MIB = 150;

type Memory = Record<Program, number>;

interface Step {
  readonly name: string;
  readonly work: () => Promise<unknown>;
}

function stepsOf(product: Product, headers: Record<string, string>, effort: Effort): Step[] {
  const { service } = product;
  const octets = { ...headers, "content-type": "application/octet-stream" };
  const fileOf = (id: string) => `${service.url}/v2/images/${id}/file`;
  const upload = async (bytes: number) => {
    const id = await createImage(service);
    await send(fileOf(id), octets, bytes);
    return id;
  };
  let large = "";
  return [
    {
      name: `${sizeName(effort.memoryAlone)} in`,
      work: async () => {
        large = await upload(effort.memoryAlone);
      },
    },
    {
      name: `${sizeName(effort.memoryAlone)} out`,
      work: () => receive(fileOf(large), headers, effort.memoryAlone),
    },
    {
      name: `8 × ${sizeName(effort.memoryTogether)} in at once`,
      work: () => Promise.all(Array.from({ length: 8 }, () => upload(effort.memoryTogether))),
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

export async function memory(effort: Effort): Promise<Section> {
  const title = "Memory: peak PSS in MiB, and the growth since the start";
  const columns = ["step", ...PROGRAMS];
  if (!canLookInside) return { title, columns, rows: [], note: "Not measured: PSS is told by Linux alone." };
  await using product = await Product.start(effort.dir);
  const headers = await product.headers();
  const pids = product.pids();
  const look = () => Object.fromEntries(PROGRAMS.map((program) => [program, pssOf(pids[program])])) as Memory;
  const rest = look();
  const rows = [row("at rest", rest, rest)];
  const failures: string[] = [];
  for (const { name, work } of stepsOf(product, headers, effort)) {
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
