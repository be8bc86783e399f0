/**
 * How much memory do Node and workerd have for themselves, with nothing in them? Each is started anew for each run.
 */
import { WORKERD_V8_FLAGS } from "../../launcher/v8-flags.ts";
import { type Effort, inMiB } from "../effort.ts";
import { figure, repeat } from "../figures.ts";
import { Forked } from "../forked.ts";
import { load } from "../load.ts";
import { canLookInside, ownMemoryOf } from "../processes.ts";
import type { Section } from "../table.ts";
import { BareWorkerd } from "./bare.ts";

const EMPTY = new URL("empty.js", import.meta.url);
const CONNECTIONS = 16;
/** What V8 keeps of requests that are over takes longer to grow to its most than a rate takes to be known. */
const TIMES_AS_LONG = 2;

const own = (pid: number) => inMiB(ownMemoryOf(pid));

async function empty(): Promise<number> {
  await using node = await Forked.start(EMPTY);
  return own(node.pid);
}

interface Life {
  readonly rest: number;
  /** Thousands of pages of images that were answered, and what it holds then. */
  readonly thousands: number;
  readonly after: number;
}

async function life({ dir, seconds }: Effort, v8Flags: readonly string[]): Promise<Life> {
  await using bare = await BareWorkerd.start(dir, ...v8Flags);
  const rest = own(bare.pid);
  const asked = { url: bare.url, headers: {}, paths: ["/images"], connections: CONNECTIONS };
  const { perSecond } = await load({ ...asked, seconds: seconds * TIMES_AS_LONG });
  return { rest, thousands: (perSecond * seconds * TIMES_AS_LONG) / 1000, after: own(bare.pid) };
}

/** A table of memory that is there without any of ours. */
export async function memoryFloors(effort: Effort): Promise<Section> {
  const title = "Floors of memory: MiB of its own (anonymous)";
  const columns = ["floor", "at rest", "after answers", "thousands of them"];
  if (!canLookInside) return { title, columns, rows: [], note: "Not measured: Linux alone tells it." };
  const rows = [["an empty Node", figure(await repeat(effort.runs, empty)), "", ""]];
  for (const [workerd, flags] of [
    ["workerd with a bare worker by Miniflare", []],
    ["the same with the product's flags of V8", WORKERD_V8_FLAGS],
  ] as const) {
    const lives = await repeat(effort.runs, () => life(effort, flags));
    const of = (part: keyof Life) => figure(lives.map((each) => each[part]));
    rows.push([workerd, of("rest"), of("after"), of("thousands")]);
  }
  return { title, columns, rows, note: `Answers of 20 kB to ${CONNECTIONS} connections.` };
}
