import { readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually, md5, someBytes } from "./support/images.ts";
import { Site, startEdge } from "./support/site.ts";

const BODY = someBytes(3 * 1024 * 1024);

let a: Site;
let b: Site;
let edge: Awaited<ReturnType<typeof startEdge>>;
let before: string[];

beforeAll(async () => {
  [a, b] = await Promise.all([Site.named("a"), Site.named("b")]);
  edge = await startEdge([a, b]);
  await Promise.all([a.start(edge.url), b.start(edge.url)]);
});

afterAll(async () => {
  await a?.remove();
  await b?.remove();
  await edge?.stop();
});

const files = () =>
  [a, b].flatMap(({ dir }) =>
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name),
  );

beforeEach(() => {
  before = files();
});

afterEach(() => eventually("nothing is left over", () => files().join() === before.join()));

async function created(door: string): Promise<string> {
  const body = JSON.stringify({ name: "test", disk_format: "raw", container_format: "bare" });
  const response = await fetch(`${door}/v2/images`, { method: "POST", body });
  return ((await response.json()) as { id: string }).id;
}

async function put(door: string, id: string, store: string): Promise<number> {
  const headers = { "content-type": "application/octet-stream", "x-image-meta-store": store };
  const response = await fetch(`${door}/v2/images/${id}/file`, { method: "PUT", headers, body: BODY });
  await response.arrayBuffer();
  return response.status;
}

async function got(door: string, id: string): Promise<{ status: number; hash: string }> {
  const response = await fetch(`${door}/v2/images/${id}/file`);
  return { status: response.status, hash: md5(Buffer.from(await response.arrayBuffer())) };
}

const removed = async (door: string, id: string) =>
  expect((await fetch(`${door}/v2/images/${id}`, { method: "DELETE" })).status).toBe(204);

const WHOLE = { status: 200, hash: md5(BODY) };

describe.each(["file-a", "file-b", "r2"])("an image in %s", (store) => {
  test("comes in by each relay, and is the same by both", async () => {
    for (const { door } of [a, b]) {
      const id = await created(door);
      expect(await put(door, id, store)).toBe(204);
      const kept = [a, b].filter(({ name }) => store === `file-${name}`);
      for (const { dir } of kept) expect(readdirSync(dir)).toContain(id);
      for (const other of [a, b]) expect(await got(other.door, id)).toEqual(WHOLE);
      await removed(a.door, id);
    }
  });
});

test("a relay that is down takes only its own images with it, and brings them back", async () => {
  const ids = { a: await created(a.door), b: await created(a.door) };
  expect(await put(a.door, ids.a, "file-a")).toBe(204);
  expect(await put(b.door, ids.b, "file-b")).toBe(204);
  await b.stop();
  try {
    expect(await got(a.door, ids.a)).toEqual(WHOLE);
    expect((await got(a.door, ids.b)).status).toBe(503);
    const other = await created(a.door);
    expect(await put(a.door, other, "file-b")).toBe(503);
    expect(await put(a.door, other, "file-a")).toBe(204);
    await removed(a.door, other);
  } finally {
    await b.start();
  }
  expect(await got(a.door, ids.b)).toEqual(WHOLE);
  await removed(b.door, ids.a);
  await removed(a.door, ids.b);
});

test("a relay that starts anew ends what it held, and nothing of another's", async () => {
  const ids = { a: await created(a.door), b: await created(b.door) };
  const uploads = (["a", "b"] as const).map((name) => {
    const site = { a, b }[name];
    const stop = new AbortController();
    let more: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        more = controller;
        controller.enqueue(BODY);
      },
    });
    const headers = { "content-type": "application/octet-stream", "x-image-meta-store": `file-${name}` };
    const init = { method: "PUT", headers, body, duplex: "half", signal: stop.signal } as RequestInit;
    const status = fetch(`${site.door}/v2/images/${ids[name]}/file`, init).then(
      ({ status }) => status,
      () => 0,
    );
    return { status, end: () => more?.close() };
  });
  const statusOf = async (id: string) =>
    ((await (await fetch(`${edge.url}/v2/images/${id}`)).json()) as { status: string }).status;
  for (const id of Object.values(ids))
    await eventually("it is saving", async () => (await statusOf(id)) === "saving");
  await b.stop();
  expect([0, 400, 503]).toContain(await uploads[1]?.status);
  await b.start();
  await eventually("b's is queued", async () => (await statusOf(ids.b)) === "queued");
  expect(await statusOf(ids.a)).toBe("saving");
  uploads[0]?.end();
  expect(await uploads[0]?.status).toBe(204);
  expect(await got(b.door, ids.a)).toEqual(WHOLE);
  await removed(b.door, ids.a);
});
