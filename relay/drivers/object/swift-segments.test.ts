import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { bytesFrom, bytesOf } from "../../../test/support/streams.ts";
import { HashThreads } from "../../hashing/hash-threads.ts";
import { PartBuffers } from "../../part-buffers.ts";
import { openSwift } from "./open-object.ts";

const KEY = "6a8a1a86-3f0e-4b93-9d7f-1f1b4ad4a1a5";
const LOCATION = `swift+config://ref/images/${KEY}`;
/** So early the next segment is asked for. */
const AHEAD = 2 * 1024 * 1024;
const SIZES: readonly [number, number, number] = [3_000_000, 300_000, 100];
const MARKS = SIZES.map((_, nth) => `${KEY}-0123456789ab-0000${nth + 1}`);
const SEGMENTS = SIZES.map((size, nth) => bytesOf(size).map((byte) => byte ^ nth));
const md5 = (...bytes: (Uint8Array | string)[]) =>
  bytes.reduce((hash, each) => hash.update(each), createHash("md5")).digest("hex");
const ETAG = md5(...SEGMENTS.map((segment) => md5(segment)));

const threads = new HashThreads();
afterAll(() => threads.stop());

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

const whole: Answer = (response) =>
  response
    .writeHead(200, { "content-length": SIZES.reduce((a, b) => a + b), etag: `"${ETAG}"` })
    .end(Buffer.concat(SEGMENTS));
const segment =
  (nth: number): Answer =>
  (response) => {
    const bytes = SEGMENTS[nth] ?? new Uint8Array();
    response.writeHead(200, { "content-length": bytes.byteLength, etag: md5(bytes) }).end(bytes);
  };
const entries = MARKS.map((name, nth) => ({
  name: `/images/${name}`,
  bytes: SIZES[nth],
  hash: md5(SEGMENTS[nth] ?? ""),
  content_type: "application/octet-stream",
  last_modified: "2026-11-26T00:00:00.000000",
}));
const manifest =
  (told: unknown = entries): Answer =>
  (response) => {
    const text = JSON.stringify(told);
    response
      .writeHead(200, { "content-length": text.length, "x-static-large-object": "True", etag: md5(text) })
      .end(text);
  };

/** A Swift whose objects are answers, and what it is asked for below the container. */
async function swiftOf(answers: Readonly<Record<string, Answer>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, path = ""] = /^\/v1\/AUTH_a\/images\/(.*)$/.exec(request.url ?? "") ?? [];
    if (path === "") {
      const storage = `http://${request.headers.host}/v1/AUTH_a`;
      response.writeHead(200, { "x-storage-url": storage, "x-auth-token": "t", "content-length": 2 });
      return void response.end("[]");
    }
    asked.push(path + (request.headers.range ? ` ${request.headers.range}` : ""));
    const answer = answers[path];
    if (answer) answer(response, request);
    else response.writeHead(404, { "content-length": 0 }).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const store = openSwift(
    {
      ...{ type: "swift", id: "swift", auth_version: 1, auth_url: `http://127.0.0.1:${port}/auth` },
      ...{ user: "a", secret: "b", container: "images", container_seed: 0, reference: "ref" },
      ...{ create_container: false, interface: "public", answer_seconds: 5, idle_seconds: 1 },
      ...{ part_bytes: 1_000_000, user_domain_id: "default", project_domain_id: "default" },
    },
    { threads, buffers: new PartBuffers(1_000_000) },
  );
  onTestFinished(async () => {
    await store.close?.();
    server.closeAllConnections();
    server.close();
  });
  return { asked, store };
}

const ASKED_FOR_MANIFEST = `${KEY}?multipart-manifest=get`;
const everything = {
  [ASKED_FOR_MANIFEST]: manifest(),
  [KEY]: whole,
  ...Object.fromEntries(MARKS.map((name, nth) => [name, segment(nth)])),
};

describe("a static large object", () => {
  it("is read segment by segment, and is of the version that it has as a whole", async () => {
    const { asked, store } = await swiftOf(everything);
    const { body, size, version } = await store.get(LOCATION);
    expect(Buffer.from(await bytesFrom(body)).equals(Buffer.concat(SEGMENTS))).toBe(true);
    expect(asked).toEqual([ASKED_FOR_MANIFEST, ...MARKS]);

    const again = await store.get(LOCATION, { start: 0 });
    expect([size, version]).toEqual([again.size, again.version]);
    await again.body.cancel();
  });

  it("is asked for a segment towards the end of the one before it, and for none after who reads has gone", async () => {
    const { asked, store } = await swiftOf(everything);
    const { body } = await store.get(LOCATION);
    expect(asked).toEqual([ASKED_FOR_MANIFEST, MARKS[0]]);
    const reader = body.getReader({ mode: "byob" });
    await reader.read(new Uint8Array(SIZES[0] - AHEAD - 1), { min: SIZES[0] - AHEAD - 1 });
    expect(asked).toEqual([ASKED_FOR_MANIFEST, MARKS[0]]);
    await reader.read(new Uint8Array(1));
    await expect.poll(() => asked).toEqual([ASKED_FOR_MANIFEST, MARKS[0], MARKS[1]]);
    await reader.cancel();
    expect(asked).not.toContain(MARKS[2]);
  });

  it("is asked for as a whole where a range is wanted of it", async () => {
    const { asked, store } = await swiftOf(everything);
    const { body } = await store.get(LOCATION, { start: 0 });
    await body.cancel();
    expect(asked).toEqual([`${KEY} bytes=0-`]);
  });

  it.each([
    ["names ranges", entries.map((entry) => ({ ...entry, range: "0-9" }))],
    ["names other manifests", entries.map((entry) => ({ ...entry, sub_slo: true }))],
    ["holds bytes", [{ data: "AAAA" }]],
    [
      "has names that no path of ours is",
      entries.map(({ name, ...entry }) => ({ ...entry, name: `${name}//x` })),
    ],
    ["is of very many segments", Array.from({ length: 8_000 }, () => entries[0])],
    ["is none", "?"],
  ])("is asked for as a whole where its manifest %s", async (_, told) => {
    const { asked, store } = await swiftOf({ ...everything, [ASKED_FOR_MANIFEST]: manifest(told) });
    const { body } = await store.get(LOCATION);
    expect(Buffer.from(await bytesFrom(body)).equals(Buffer.concat(SEGMENTS))).toBe(true);
    expect(asked).toEqual([ASKED_FOR_MANIFEST, KEY]);
  });

  it.each<[string, Answer]>([
    [
      "is another one now",
      (response) => response.writeHead(200, { "content-length": 300_000, etag: "x" }).end(SEGMENTS[1]),
    ],
    ["has gone", (response) => response.writeHead(404, { "content-length": 0 }).end()],
    [
      "ends early",
      (response) => {
        response.writeHead(200, { "content-length": 300_000, etag: md5(SEGMENTS[1] ?? "") });
        response.write(SEGMENTS[1]?.subarray(0, 1000), () => response.destroy());
      },
    ],
    [
      "stands still",
      (response) => {
        response.writeHead(200, { "content-length": 300_000, etag: md5(SEGMENTS[1] ?? "") });
        response.write(SEGMENTS[1]?.subarray(0, 1000));
      },
    ],
  ])("breaks off where a segment %s, and may be asked for the rest", async (_, answer) => {
    const { store } = await swiftOf({ ...everything, [MARKS[1] ?? ""]: answer });
    const { body } = await store.get(LOCATION);
    await expect(bytesFrom(body)).rejects.toMatchObject({ kind: "unavailable", retryable: true });
  });
});

describe("another object", () => {
  it("is the answer to what asks for a manifest, and is asked for once", async () => {
    const { asked, store } = await swiftOf({ [ASKED_FOR_MANIFEST]: segment(0) });
    const { body, size } = await store.get(LOCATION);
    expect([size, (await bytesFrom(body)).byteLength]).toEqual([SIZES[0], SIZES[0]]);
    expect(asked).toEqual([ASKED_FOR_MANIFEST]);
  });

  it.each<[string, Record<string, string>]>([
    ["is a dynamic large one", { "x-object-manifest": "images/x" }],
    ["has a server that says nothing of manifests", {}],
  ])("is asked for once more where it %s", async (_, headers) => {
    const nothing: Answer = (response) => response.writeHead(200, { ...headers, "content-length": 0 }).end();
    const { asked, store } = await swiftOf({ [ASKED_FOR_MANIFEST]: nothing, [KEY]: whole });
    const { body } = await store.get(LOCATION);
    expect(Buffer.from(await bytesFrom(body)).equals(Buffer.concat(SEGMENTS))).toBe(true);
    expect(asked).toEqual([ASKED_FOR_MANIFEST, KEY]);
  });

  it("is not found where it is not", async () => {
    const { store } = await swiftOf({});
    await expect(store.get(LOCATION)).rejects.toMatchObject({ kind: "notFound" });
  });
});
