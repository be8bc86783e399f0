/**
 * How many images can be shown, and lists of 25 made, in a second, and how long does one take?
 *
 * The catalogue is full of images with properties and tags; requests go round over ids that are spread over it. At 64
 * connections the answer is the throughput, at one the time of a single request.
 */
import autocannon from "autocannon";
import { seededId } from "./catalogue.ts";
import type { Effort } from "./effort.ts";
import { figure, milliseconds, percentile, repeat } from "./figures.ts";
import { Product } from "./product.ts";
import type { Section } from "./table.ts";

const IDS = 500;

/** Requests of one kind, to be sent in turn. */
function requestsOf(images: number): Record<string, { path: string }[]> {
  const spread = Array.from({ length: Math.min(IDS, images) }, (_, i) =>
    seededId(Math.floor((i * images) / Math.min(IDS, images))),
  );
  return {
    show: spread.map((id) => ({ path: `/v2/images/${id}` })),
    list: [{ path: "/v2/images?limit=25" }],
    "list after a marker": spread.map((id) => ({ path: `/v2/images?limit=25&marker=${id}` })),
  };
}

interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

async function load(
  product: Product,
  options: { requests: { path: string }[]; connections: number; seconds: number },
): Promise<Load> {
  const latencies: number[] = [];
  const { requests, connections, seconds } = options;
  const headers = await product.headers();
  const run = autocannon({ url: product.service.url, headers, requests, connections, duration: seconds });
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
  await product.seed({ images: effort.images });
  const rows: string[][] = [];
  for (const [what, requests] of Object.entries(requestsOf(effort.images))) {
    await load(product, { requests, connections: 16, seconds: 1 });
    for (const connections of effort.connections) {
      const loads = await repeat(effort.runs, () =>
        load(product, { requests, connections, seconds: effort.seconds }),
      );
      rows.push([
        what,
        String(connections),
        figure(loads.map((each) => each.perSecond)),
        milliseconds(loads.map((each) => each.p50)),
        milliseconds(loads.map((each) => each.p99)),
      ]);
    }
  }
  return {
    title: `Show and list, with ${effort.images.toLocaleString("en")} images in the catalogue`,
    columns: ["request", "connections", "requests/s", "p50 ms", "p99 ms"],
    rows,
  };
}
