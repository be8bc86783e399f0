import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { downloadImage, listImages, uploadImage } from "../../client/images.ts";
import { type Relay, startRelay } from "../../relay/relay.ts";
import { sourceOf } from "./support/asked.ts";
import { Cuttable } from "./support/cuttable.ts";
import {
  beginUpload,
  createImage,
  deleteImage,
  download,
  eventually,
  into,
  listStatus,
  md5,
  show,
  someBytes,
  storedIn,
  upload,
} from "./support/images.ts";
import { Service } from "./support/service.ts";
import { expectUntouched, isQueued } from "./support/untouched.ts";

const MiB = 1024 * 1024;
/** More than a part of an upload in parts. */
const BODY = someBytes(20 * MiB);
const LEASE_SECONDS = 3;

let service: Service;
let line: Cuttable;
let relay: Relay;
/** The front door of a relay whose line to the edge can be cut. */
let door: string;

beforeAll(async () => {
  const transfers = { lease_seconds: LEASE_SECONDS, heartbeat_seconds: 0.5, late_writer_seconds: 1 };
  service = await Service.start({ settings: { transfers } });
  line = await Cuttable.to(service.direct);
  const { relayKey } = JSON.parse(readFileSync(join(service.dataDir, "secrets.json"), "utf8"));
  relay = await startRelay({
    listen: { host: "127.0.0.1", port: 0 },
    logLevel: "silent",
    keys: [relayKey],
    // The same directory as the service's own relay has: any relay of this key keeps it.
    stores: [{ id: "file", type: "file", path: join(service.dataDir, "images") }],
    edge: { url: line.url },
    frontDoor: { host: "127.0.0.1", port: 0, trustedProxies: [], maxConnections: 100 },
    clockSeconds: 60,
    idleSeconds: 30,
    shutdownSeconds: 5,
  });
  door = relay.front?.url ?? "";
});

/** Whatever a test did, the stores list what they listed before once its images are deleted. */
afterEach(async () => {
  line.mend();
  for await (const { id } of listImages(await service.client())) await deleteImage(service, id);
  await eventually("nothing is left over", () => storedIn(service).length === 0);
});

afterAll(async () => {
  await relay?.close();
  await line?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

const hashOf = async (id: string): Promise<string> => md5((await download(service, id, { url: door })).bytes);

describe("an edge that cannot be reached", () => {
  test("is a 503 with a reason for whatever needs it, and soon", async () => {
    const id = await createImage(service);
    const session = await service.client(undefined, door);
    line.cut();
    const started = performance.now();
    for (const ask of [
      () => session.api.GET("/v2/images"),
      () => session.api.GET("/healthcheck"),
      () => downloadImage(session, id),
      () => uploadImage(session, id, sourceOf(BODY)),
    ])
      await expect(ask()).rejects.toMatchObject({
        status: 503,
        detail: expect.stringContaining("cannot be reached from this site"),
        requestId: expect.stringMatching(/^req-/),
      });
    expect(performance.now() - started).toBeLessThan(5000);
    line.mend();
    expect(await listStatus(service, undefined, door)).toBe(200);
    expect(await upload(service, id, BODY, {}, door)).toBe(204);
  });
});

describe.each(["file", "r2"])("while an upload into the store %s runs, an edge that is away", (store) => {
  const underWay = async () => {
    const before = storedIn(service);
    const id = await createImage(service);
    const { request, status } = await beginUpload(service, id, into(store), door);
    request.write(BODY);
    await eventually("it is saving", async () => (await show(service, id)).status === "saving");
    return { before, id, request, status };
  };

  test("for less than the lease is waited for", async () => {
    const { id, request, status } = await underWay();
    line.cut();
    request.end(BODY);
    setTimeout(() => line.mend(), 1000);
    expect(await status).toBe(204);
    expect(await hashOf(id)).toBe(md5(Buffer.concat([BODY, BODY])));
  });

  test("for longer is what the client hears of, and nothing is left", async () => {
    const { before, id, request, status } = await underWay();
    line.cut();
    request.end(BODY);
    expect(await status).toBe(503);
    await eventually("the image is queued", isQueued(service, id));
    line.mend();
    await expectUntouched(service, id, before);
  });

  test("in the very moments of its answers is asked again, and says the same", async () => {
    const { id, request, status } = await underWay();
    line.loseAnswers();
    request.end();
    // A part whose answer is lost is sent again, and there is nothing to commit before the last one was heard of.
    if (store === "r2") setTimeout(() => line.mend(), 1000);
    else {
      await eventually(
        "the edge has committed it",
        async () => (await show(service, id)).status === "active",
      );
      line.mend();
    }
    expect(await status).toBe(204);
    expect(await hashOf(id)).toBe(md5(BODY));
  });
});

test("while a download from this site's store runs, an edge that is away does not matter", async () => {
  const id = await createImage(service);
  const body = someBytes(64 * MiB);
  expect(await upload(service, id, body, {}, door)).toBe(204);
  const data = await downloadImage(await service.client(undefined, door), id);
  line.cut();
  expect(md5(await buffer(data?.body ?? Readable.from([])))).toBe(md5(body));
});
