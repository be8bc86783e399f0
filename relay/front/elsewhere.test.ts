import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import type { DownloadGrant } from "../../protocol/control.ts";
import { json, StubEdge } from "../../test/support/stub-edge.node.ts";
import type { RelayStoreSettings } from "../settings.ts";

const MiB = 1024 * 1024;
const IMAGE = randomBytes(2 * MiB + 5);
const ID = "71c675ab-d94f-49cd-a114-e12490b328d9";
const FILE = `/v2/images/${ID}/file`;

let edge: StubEdge;
beforeEach(async () => {
  edge = await StubEdge.start();
});
afterEach(() => edge.stop());

/** A bucket whose server gives the image, and what it was asked; `until` may break an answer off. */
async function bucketOf(until: (asked: number) => number = () => IMAGE.byteLength, etag = () => '"e"') {
  const asked: string[] = [];
  const answer: RequestListener = ({ headers: { range = "" } }, response) => {
    asked.push(range);
    const [, from = "0", to = String(IMAGE.byteLength - 1)] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
    const [start, end] = [Number(from), Number(to || IMAGE.byteLength - 1) + 1];
    const said = range ? { "content-range": `bytes ${start}-${end - 1}/${IMAGE.byteLength}` } : {};
    response.writeHead(range ? 206 : 200, { ...said, "content-length": end - start, etag: etag() });
    const breaksAt = Math.min(end, until(asked.length));
    response.write(IMAGE.subarray(start, breaksAt), () =>
      breaksAt < end ? response.destroy() : response.end(),
    );
  };
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const settingsOf = (id: string, host: string): RelayStoreSettings => ({
  ...{ id, endpoint: `http://${host}`, bucket: "images", region: "auto", access_key_id: "AKIA" },
  ...{ secret: "hunter2", create_bucket: false, part_bytes: 16 * MiB },
  ...{ answer_seconds: 2, idle_seconds: 2, patience_seconds: 0.1 },
  type: "s3",
  addressing: "path",
});

/** A relay that has been given the bucket, and its front door. */
async function doorTo(host: string, more: object = {}): Promise<string> {
  const relay = await edge.relay({ stores: [settingsOf("cold", host)], ...more });
  onTestFinished(() => relay.stop());
  return relay.door;
}

const granted = (host: string, range?: { start: number; end: number }): DownloadGrant => ({
  size: IMAGE.byteLength,
  ...(range ? { range } : {}),
  status: range ? 206 : 200,
  headers: { "content-length": String(range ? range.end - range.start + 1 : IMAGE.byteLength) },
  hash: { algo: "sha512", value: createHash("sha512").update(IMAGE).digest("hex") },
  locations: [{ store: "cold", url: `s3://${host}/images/${ID}` }],
});

const read = async (door: string) => Buffer.from(await (await fetch(door + FILE)).arrayBuffer());
const throughEdge = () => edge.asked.filter((asked) => asked === `GET ${FILE}`);

/** All that a client is sent after the head of the answer, whatever length the head tells. */
async function onTheWire(door: string): Promise<Buffer> {
  const { hostname, port } = new URL(door);
  const client = connect(Number(port), hostname);
  client.write(`GET ${FILE} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`);
  const answer = await buffer(client);
  return answer.subarray(answer.indexOf("\r\n\r\n") + 4);
}

/** The edge gives what is asked of it, but of a range everything up to the image's end. */
function givesAllFrom() {
  const ranges: string[] = [];
  edge.on(`GET ${FILE}`, ({ headers: { range = "" } }, response) => {
    ranges.push(range);
    const start = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
    response.writeHead(range ? 206 : 200).end(IMAGE.subarray(start));
  });
  return ranges;
}

test.each([undefined, { start: 7, end: 1_500_000 }])(
  "bytes come from the server that has them, and go on there where they break: %j",
  async (range) => {
    const { asked, host } = await bucketOf((time) => (time < 3 ? time * 500_000 : IMAGE.byteLength));
    edge.on("GET /relay", json(200, granted(host, range)));
    const { start, end } = range ?? { start: 0, end: IMAGE.byteLength - 1 };
    expect((await read(await doorTo(host))).equals(IMAGE.subarray(start, end + 1))).toBe(true);
    expect(asked.slice(1)).toEqual([`bytes=500000-${end}`, `bytes=1000000-${end}`]);
    expect(throughEdge()).toEqual([]);
  },
);

test.each([
  [undefined, 500_000],
  [{ start: 0, end: 1023 }, 500],
  [{ start: 0, end: 1023 }, 0],
  [{ start: 7, end: 1_500_000 }, 500_000],
])(
  "where the server has other bytes by then, the rest comes through the edge, and no more: %j from %i on",
  async (range, breaksAt) => {
    let version = 0;
    const { host } = await bucketOf(
      (time) => (time === 1 ? breaksAt : IMAGE.byteLength),
      () => `"${version++}"`,
    );
    edge.on("GET /relay", json(200, granted(host, range)));
    const ranges = givesAllFrom();
    const { start, end } = range ?? { start: 0, end: IMAGE.byteLength - 1 };
    expect((await onTheWire(await doorTo(host))).equals(IMAGE.subarray(start, end + 1))).toBe(true);
    expect(ranges).toEqual([`bytes=${breaksAt}-${end}`]);
  },
);

test("of a server that is away all comes through the edge", async () => {
  const { host, server } = await bucketOf();
  server.close();
  edge.on("GET /relay", json(200, granted(host)));
  givesAllFrom();
  expect((await read(await doorTo(host))).equals(IMAGE)).toBe(true);
  expect(throughEdge()).toHaveLength(1);
});

test("a site's cache is filled from the server, and asks it no more", async () => {
  const { asked, host } = await bucketOf();
  const path = mkdtempSync(join(tmpdir(), "glimpse-cache-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const door = await doorTo(host, { cache: { path, maxBytes: 100 * MiB } });
  edge.on("GET /relay", json(200, granted(host)));
  for (let time = 0; time < 3; time++) expect((await read(door)).equals(IMAGE)).toBe(true);
  expect([asked.length, throughEdge()]).toEqual([1, []]);
});

test("the door for the edge knows nothing of such a store", async () => {
  const { asked, host } = await bucketOf();
  const relay = await edge.relay({ stores: [settingsOf("memory", host)] });
  onTestFinished(() => relay.stop());
  await expect(relay.memoryStore().stat("memory://memory/x")).rejects.toThrow();
  expect(asked).toEqual([]);
});
