/**
 * How many images can be shown, and lists of 25 made, in a second, and how long does one take?
 *
 * The catalogue is full of images with properties and tags; requests go round over ids that are spread over it. At 64
 * connections the answer is the throughput, at one the time of a single request. A show is asked for by both ways: through
 * the relay's front door, as clients do, and of the worker's own socket, which tells what the front door adds.
 */
import { seededId } from "./catalogue.ts";
import type { Effort } from "./effort.ts";
import { rateCells, repeat, spreadOf } from "./figures.ts";
import { load } from "./load.ts";
import { Product, type Way } from "./product.ts";
import type { Section } from "./table.ts";

const IDS = 500;
const IMAGES = 1_000;

interface Kind {
  readonly what: string;
  readonly way: Way;
  /** Asked for in turn. */
  readonly paths: readonly string[];
}

function kindsOf(images: number): Kind[] {
  const spread = Array.from({ length: Math.min(IDS, images) }, (_, i) =>
    seededId(Math.floor((i * images) / Math.min(IDS, images))),
  );
  const shows = spread.map((id) => `/v2/images/${id}`);
  const after = spread.map((id) => `/v2/images?limit=25&marker=${id}`);
  return [
    { what: "show", way: "front door", paths: shows },
    { what: "show", way: "direct", paths: shows },
    { what: "list", way: "front door", paths: ["/v2/images?limit=25"] },
    { what: "list after a marker", way: "front door", paths: after },
  ];
}

/** A table of shows and lists, by how many connections ask. */
export async function showList(effort: Effort): Promise<Section> {
  await using product = await Product.start(effort.dir);
  const images = effort.images ?? IMAGES;
  await product.seed(images);
  const rows: string[][] = [];
  const alone: Partial<Record<Way, number>> = {};
  for (const { what, way, paths } of kindsOf(images)) {
    const asked = { ...(await product.access(way)), paths };
    await load({ ...asked, connections: 16, seconds: 1 });
    for (const connections of effort.connections) {
      const { runs, seconds } = effort;
      const loads = await repeat(runs, () => load({ ...asked, connections, seconds }));
      if (what === "show" && connections === 1) alone[way] = spreadOf(loads.map(({ p50 }) => p50)).median;
      rows.push([what, way, String(connections), ...rateCells(loads)]);
    }
  }
  return {
    title: `Show and list, with ${images.toLocaleString("en")} images in the catalogue`,
    note: `At one connection the front door adds ${((alone["front door"] ?? 0) - (alone.direct ?? 0)).toFixed(2)} ms to a show.`,
    columns: ["request", "way", "connections", "requests/s", "p50 ms", "p99 ms"],
    rows,
  };
}
