import { readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createImage, deleteImage, downloadImage, ofImage, showImage } from "../../client/images.ts";
import type { BodySource } from "../../client/transport.ts";
import { clientAt, sourceOf, statusOf } from "./support/asked.ts";
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

const created = async (door: string): Promise<string> =>
  (await createImage(clientAt(door), { name: "test", disk_format: "raw", container_format: "bare" })).id;

/** The status of an upload. */
const put = (door: string, id: string, store: string, body = sourceOf(BODY)): Promise<number> =>
  statusOf(
    clientAt(door).api.PUT("/v2/images/{image_id}/file", {
      params: { ...ofImage(id), header: { "X-Image-Meta-Store": store } },
      body,
    }),
  );

const hashOf = async (door: string, id: string): Promise<string> => {
  const data = await downloadImage(clientAt(door), id);
  return md5(await buffer(data?.body ?? Readable.from([])));
};

const removed = (door: string, id: string): Promise<void> => deleteImage(clientAt(door), id);

const WHOLE = md5(BODY);

describe.each(["file-a", "file-b", "r2"])("an image in %s", (store) => {
  test("comes in by each relay, and is the same by both", async () => {
    for (const { door } of [a, b]) {
      const id = await created(door);
      expect(await put(door, id, store)).toBe(204);
      const kept = [a, b].filter(({ name }) => store === `file-${name}`);
      for (const { dir } of kept) expect(readdirSync(dir)).toContain(id);
      for (const other of [a, b]) expect(await hashOf(other.door, id)).toEqual(WHOLE);
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
    expect(await hashOf(a.door, ids.a)).toEqual(WHOLE);
    await expect(hashOf(a.door, ids.b)).rejects.toMatchObject({ status: 503 });
    const other = await created(a.door);
    expect(await put(a.door, other, "file-b")).toBe(503);
    expect(await put(a.door, other, "file-a")).toBe(204);
    await removed(a.door, other);
  } finally {
    await b.start();
  }
  expect(await hashOf(a.door, ids.b)).toEqual(WHOLE);
  await removed(b.door, ids.a);
  await removed(a.door, ids.b);
});

test("a relay that starts anew ends what it held, and nothing of another's", async () => {
  const ids = { a: await created(a.door), b: await created(b.door) };
  const uploads = (["a", "b"] as const).map((name) => {
    const site = { a, b }[name];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const body: BodySource = {
      open: async function* () {
        yield BODY;
        await ended;
      },
      replayable: false,
    };
    return { status: put(site.door, ids[name], `file-${name}`, body), end };
  });
  const imageStatus = async (id: string) => (await showImage(clientAt(edge.url), id)).status;
  for (const id of Object.values(ids))
    await eventually("it is saving", async () => (await imageStatus(id)) === "saving");
  await b.stop();
  expect([0, 400, 503]).toContain(await uploads[1]?.status);
  await b.start();
  await eventually("b's is queued", async () => (await imageStatus(ids.b)) === "queued");
  expect(await imageStatus(ids.a)).toBe("saving");
  uploads[0]?.end();
  expect(await uploads[0]?.status).toBe(204);
  expect(await hashOf(b.door, ids.a)).toEqual(WHOLE);
  await removed(b.door, ids.a);
});
