import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { DownloadGrant } from "../../protocol/control.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { json, StubEdge } from "../../test/support/stub-edge.node.ts";

const MiB = 1024 * 1024;
const IMAGE = randomBytes(3 * MiB + 5);

let edge: StubEdge;
let cacheDir: string;

beforeEach(async () => {
  edge = await StubEdge.start();
  cacheDir = await mkdtemp(join(tmpdir(), "glimpse-cache-"));
});

afterEach(async () => {
  await edge.stop();
  await rm(cacheDir, { recursive: true, force: true });
});

const grant = (range?: { start: number; end: number }): DownloadGrant => ({
  size: IMAGE.byteLength,
  ...(range ? { range } : {}),
  status: range ? 206 : 200,
  headers: {
    "content-length": String(range ? range.end - range.start + 1 : IMAGE.byteLength),
    etag: '"tag"',
  },
  hash: { algo: "sha512", value: createHash("sha512").update(IMAGE).digest("hex") },
  locations: [],
});

async function doorWith(cache: boolean): Promise<string> {
  const relay = await edge.relay(cache ? { cache: { path: cacheDir, maxBytes: 100 * MiB } } : {});
  onTestFinished(() => relay.stop());
  return relay.door;
}

/** Gives the bytes that are asked for, but breaks off before `end`. */
function give(response: ServerResponse, asked: string | undefined, end = IMAGE.byteLength): void {
  const [start = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(asked ?? "")?.slice(1) ?? [];
  const until = last ? Number(last) + 1 : IMAGE.byteLength;
  response.writeHead(asked ? 206 : 200, { "content-length": until - Number(start) });
  response.write(IMAGE.subarray(Number(start), Math.min(until, end)), () => {
    if (end < until) response.destroy();
    else response.end();
  });
}

describe.each([true, false])("a download through the edge, with a cache: %s,", (cache) => {
  test.each([204, 401, 503])("is answered as the edge does that has no bytes but %i", async (status) => {
    edge.on("GET /relay/v1/images/x/file", json(200, grant()));
    edge.on("GET /v2/images/x/file", (_request, response) => {
      response.writeHead(status, { "x-from": "edge" }).end(status === 204 ? undefined : "in its words");
    });
    const response = await fetch(`${await doorWith(cache)}/v2/images/x/file`);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-from")).toBe("edge");
    expect(await response.text()).toBe(status === 204 ? "" : "in its words");
  });

  test.each([undefined, { start: 7, end: 2 * MiB }])(
    "goes on when the edge breaks off: %j",
    async (range) => {
      const asked: (string | undefined)[] = [];
      edge.on("GET /relay/v1/images/x/file", json(200, grant(range)));
      edge.on("GET /v2/images/x/file", (request, response) => {
        asked.push(request.headers.range);
        // Away for a moment, too.
        if (asked.length === 2) return void response.writeHead(503).end();
        give(response, request.headers.range, asked.length === 1 ? MiB : undefined);
      });
      const headers = range ? { range: `bytes=${range.start}-${range.end}` } : {};
      const response = await fetch(`${await doorWith(cache)}/v2/images/x/file`, { headers });
      expect(response.status).toBe(range ? 206 : 200);
      const wanted = range ? IMAGE.subarray(range.start, range.end + 1) : IMAGE;
      expect(Buffer.from(await response.arrayBuffer()).equals(wanted)).toBe(true);
      const rest = `bytes=${MiB}-${range?.end ?? ""}`;
      expect(asked).toEqual([range ? `bytes=7-${2 * MiB}` : undefined, rest, rest]);
    },
  );
});

describe("an image of which a store of this site has a copy", () => {
  const lost = "memory://lost/x";
  const withLocations = (...locations: DownloadGrant["locations"]) => ({ ...grant(), locations });

  /** A relay with two stores, of which one has the image; and what it warns of. */
  async function twoStores() {
    const warnings: Record<string, unknown>[] = [];
    const log = pino(
      { level: "warn" },
      { write: (line: string) => void warnings.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const ids = { lost: randomUUID(), kept: randomUUID() };
    const stores = [ids.lost, ids.kept].map((id) => ({ id, type: "memory" as const }));
    const relay = await edge.relay({ stores }, log);
    onTestFinished(() => relay.stop());
    const kept = new MemoryStore(ids.kept);
    await kept.put("x", new Blob([IMAGE]).stream());
    return { door: relay.door, ids, keptAt: kept.locationOf("x"), warnings };
  }

  test("comes from the next store where one has lost it, and the log says so", async () => {
    const { door, ids, keptAt, warnings } = await twoStores();
    const there = [
      { store: ids.lost, url: lost.replace("lost", ids.lost) },
      { store: ids.kept, url: keptAt },
    ];
    edge.on("GET /relay/v1/images/x/file", json(200, withLocations(...there)));
    const response = await fetch(`${door}/v2/images/x/file`);
    expect(Buffer.from(await response.arrayBuffer()).equals(IMAGE)).toBe(true);
    expect(edge.asked.filter((asked) => asked.startsWith("GET /v2/images"))).toEqual([]);
    expect(warnings).toMatchObject([{ image: "x", store: ids.lost, err: { kind: "notFound" } }]);
  });

  test("comes through the edge, from wherever else it is, where all of them have lost it", async () => {
    const { door, ids } = await twoStores();
    const there = [{ store: ids.lost, url: lost.replace("lost", ids.lost) }];
    edge.on("GET /relay/v1/images/x/file", json(200, withLocations(...there)));
    edge.on("GET /v2/images/x/file", (request, response) => give(response, request.headers.range));
    const response = await fetch(`${door}/v2/images/x/file`);
    expect(Buffer.from(await response.arrayBuffer()).equals(IMAGE)).toBe(true);
  });
});

describe("an edge that hangs in its answer to the relay", () => {
  /** Begins to answer, and tells when nobody waits for the rest any more. */
  function hanging(asked: string) {
    const begun = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    edge.on(asked, (request, response) => {
      request.resume();
      response.once("close", left.resolve);
      response.writeHead(200, { "content-length": 100 }).write("{", () => begun.resolve());
    });
    return { begun: begun.promise, left: left.promise };
  }

  test("is asked no longer when the client has gone", async () => {
    const { begun, left } = hanging("GET /relay/v1/images/x/file");
    const stop = new AbortController();
    const asking = fetch(`${await doorWith(false)}/v2/images/x/file`, { signal: stop.signal });
    asking.catch(() => {});
    await begun;
    stop.abort();
    await left;
  });

  test.each([
    ["GET", "GET /relay/v1/images/x/file"],
    ["PUT", "POST /relay/v1/images/x/uploads"],
  ])("does not keep the relay from its end: %s", async (method, asked) => {
    const { begun } = hanging(asked);
    const relay = await edge.relay({ shutdownSeconds: 0.1 });
    const asking = fetch(`${relay.door}/v2/images/x/file`, { method });
    await begun;
    await Promise.all([relay.stop(), expect(asking).rejects.toThrow()]);
  });
});
