/**
 * How many images can be shown, and lists of 25 made, in a second, and how long does one take?
 *
 * The catalogue is full of images with properties and tags; requests go round over ids that are spread over it. At 64
 * connections the answer is the throughput, at one the time of a single request. A show is asked for by both ways: through
 * the relay's front door, as clients do, and of the worker's own socket, which tells what the front door adds.
 */
import autocannon from "autocannon";
import { seededId } from "./catalogue.ts";
import type { Effort } from "./effort.ts";
import { figure, milliseconds, percentile, repeat } from "./figures.ts";
import { Product, type Way } from "./product.ts";
import type { Section } from "./table.ts";

const IDS = 500;
const IMAGES = 1_000;

interface Kind {
  readonly what: string;
  readonly way: Way;
  /** To be sent in turn. */
  readonly requests: { path: string }[];
}

function kindsOf(images: number): Kind[] {
  const spread = Array.from({ length: Math.min(IDS, images) }, (_, i) =>
    seededId(Math.floor((i * images) / Math.min(IDS, images))),
  );
  const shows = spread.map((id) => ({ path: `/v2/images/${id}` }));
  const after = spread.map((id) => ({ path: `/v2/images?limit=25&marker=${id}` }));
  return [
    { what: "show", way: "front door", requests: shows },
    { what: "show", way: "direct", requests: shows },
    { what: "list", way: "front door", requests: [{ path: "/v2/images?limit=25" }] },
    { what: "list after a marker", way: "front door", requests: after },
  ];
}

export interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly { path: string }[];
  readonly connections: number;
  readonly seconds: number;
}

/** Keeps so many connections busy for so long. Rejects when any answer is not a success. */
export async function load({ seconds, ...asked }: Asked): Promise<Load> {
  const latencies: number[] = [];
  const run = autocannon({ ...asked, duration: seconds });
  run.on("response", (_client, _status, _bytes, latency: number) => latencies.push(latency));
  const { errors, timeouts, non2xx, duration } = await run;
  if (errors + timeouts + non2xx > 0)
    throw new Error(`${errors} errors, ${timeouts} timeouts, ${non2xx} answers of another status`);
  return {
    perSecond: latencies.length / duration,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

export async function showList(effort: Effort): Promise<Section> {
  await using product = await Product.start(effort.dir);
  const images = effort.images ?? IMAGES;
  await product.seed({ images });
  const rows: string[][] = [];
  const headers = await product.headers();
  const alone: Partial<Record<Way, number>> = {};
  for (const { what, way, requests } of kindsOf(images)) {
    const asked = { url: product.urlOf(way), headers, requests };
    await load({ ...asked, connections: 16, seconds: 1 });
    for (const connections of effort.connections) {
      const loads = await repeat(effort.runs, () => load({ ...asked, connections, seconds: effort.seconds }));
      if (what === "show" && connections === 1)
        alone[way] = percentile(
          loads.map((each) => each.p50),
          0.5,
        );
      rows.push([
        what,
        way,
        String(connections),
        figure(loads.map((each) => each.perSecond)),
        milliseconds(loads.map((each) => each.p50)),
        milliseconds(loads.map((each) => each.p99)),
      ]);
    }
  }
  return {
    title: `Show and list, with ${images.toLocaleString("en")} images in the catalogue`,
    note: `At one connection the front door adds ${((alone["front door"] ?? 0) - (alone.direct ?? 0)).toFixed(2)} ms to a show.`,
    columns: ["request", "way", "connections", "requests/s", "p50 ms", "p99 ms"],
    rows,
  };
}
