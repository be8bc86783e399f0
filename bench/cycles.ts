/**
 * How many small images can be created, filled and deleted in a second, and how long does one take?
 *
 * A cycle is what a script or a test suite does: create a record, upload 1 MiB, delete the image. It is all transitions
 * and hardly any bytes: each crosses the image's Durable Object, the catalogue, the relay and the disk.
 */
import { Agent, request } from "node:http";
import { json, text } from "node:stream/consumers";
import { pieceAt } from "./bytes.ts";
import type { Effort } from "./effort.ts";
import { type Rate, rateCells, rateOf, repeat } from "./figures.ts";
import { Product } from "./product.ts";
import type { Section } from "./table.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const PIECE = 64 * 1024;
const IMAGE = JSON.stringify({ name: "cycle", disk_format: "raw", container_format: "bare" });

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
  readonly status: number;
}

async function ask<T>(
  { url, method, headers, body, status }: Asked,
  read: (answer: AsyncIterable<Buffer>) => Promise<T>,
) {
  return new Promise<T>((resolve, reject) => {
    const sent = request(url, { method, agent, headers });
    sent.once("error", reject);
    sent.once("response", async (response) => {
      if (response.statusCode === status) read(response as AsyncIterable<Buffer>).then(resolve, reject);
      else reject(new Error(`${method} answered ${response.statusCode}: ${await text(response)}`));
    });
    if (!(body instanceof Buffer)) return sent.end(body);
    // In pieces as stock clients send them.
    for (let at = 0; at < body.byteLength; at += PIECE) sent.write(body.subarray(at, at + PIECE));
    return sent.end();
  });
}

type Work = (url: string, token: Record<string, string>) => Promise<unknown>;

export async function createImage(url: string, token: Record<string, string>): Promise<string> {
  const created = { url: `${url}/v2/images`, method: "POST", headers: token, body: IMAGE, status: 201 };
  return ((await ask(created, (answer) => json(answer as never))) as { id: string }).id;
}

export async function cycle(url: string, token: Record<string, string>): Promise<void> {
  const id = await createImage(url, token);
  const octets = { ...token, "content-type": "application/octet-stream", "transfer-encoding": "chunked" };
  const image = `${url}/v2/images/${id}`;
  const nothing = (answer: AsyncIterable<Buffer>) => text(answer as never);
  await ask({ url: `${image}/file`, method: "PUT", headers: octets, body: pieceAt(0), status: 204 }, nothing);
  await ask({ url: image, method: "DELETE", headers: token, status: 204 }, nothing);
}

/** Cycles (or whatever is done) by so many clients at once, each with one after the other. */
export async function cyclesFor(
  work: Work,
  url: string,
  token: Record<string, string>,
  { atOnce, seconds }: { atOnce: number; seconds: number },
): Promise<Rate> {
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  const oneAfterTheOther = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      await work(url, token);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, oneAfterTheOther));
  return rateOf(latencies, (performance.now() - started) / 1000);
}

export async function cycles(effort: Effort): Promise<Section> {
  await using product = await Product.start(effort.dir);
  const { url } = product.service;
  const token = await product.headers();
  await cyclesFor(cycle, url, token, { atOnce: 16, seconds: 1 });
  const rows: string[][] = [];
  for (const atOnce of [1, 16]) {
    const runs = await repeat(effort.runs, () =>
      cyclesFor(cycle, url, token, { atOnce, seconds: effort.seconds }),
    );
    rows.push([String(atOnce), ...rateCells(runs, 1)]);
  }
  return {
    title: "Create, upload 1 MiB, delete",
    columns: ["at once", "cycles/s", "p50 ms", "p99 ms"],
    rows,
  };
}
