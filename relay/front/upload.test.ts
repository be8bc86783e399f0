import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { json as readJson } from "node:stream/consumers";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type BeginUpload, FOR_CLIENT, type UploadGrant } from "../../protocol/control.ts";
import { holdAt } from "../../test/support/relay-process.node.ts";
import { heldStream } from "../../test/support/streams.ts";
import { json, StubEdge } from "../../test/support/stub-edge.node.ts";

const STALL_SECONDS = 0.3;
const HEARTBEAT_SECONDS = 0.05;

let edge: StubEdge;

beforeEach(async () => {
  edge = await StubEdge.start();
});

afterEach(() => edge.stop());

const intoStore = (dir: string, heartbeatSeconds = HEARTBEAT_SECONDS): UploadGrant => ({
  ...{ how: "store", store: "file", key: "x", location: `file://${dir}/x` },
  ...{ lease: "l", leaseSeconds: 60, heartbeatSeconds, stallSeconds: STALL_SECONDS },
  ...{ maxBytes: 1_000_000, hashAlgo: "sha512" },
});

test("the edge is told where nothing lies under the image's id, and not of what a file lies under", async () => {
  const relay = await edge.relay();
  onTestFinished(() => relay.stop());
  const told: unknown[] = [];
  edge.on("POST /relay/v1/images/", async (request, response) => {
    told.push(((await readJson(request)) as BeginUpload).unused);
    json(409, { message: "not now" })(request, response);
  });
  await writeFile(join(relay.dir, "taken"), "of somebody else");
  for (const id of ["free", "taken"])
    await fetch(`${relay.door}/v2/images/${id}/file`, { method: "PUT", body: "image" });
  expect(told).toEqual([
    { key: "free", stores: ["file"] },
    { key: "taken", stores: [] },
  ]);
});

test("a disk that takes its time to make a whole upload safe is no stall", async () => {
  const hold = await holdAt("relay-before-publish");
  onTestFinished(() => void hold.close());
  const relay = await edge.relay({ checkpointUrl: hold.url });
  onTestFinished(() => relay.stop());
  edge.on("POST /relay/v1/images/x/uploads", json(201, intoStore(relay.dir)));
  edge.on("POST /relay/v1/images/x/transfers/l/complete", (request, response) => {
    request.resume();
    response.writeHead(204, { [FOR_CLIENT]: "1" }).end();
  });
  const status = fetch(`${relay.door}/v2/images/x/file`, { method: "PUT", body: "image" }).then(
    (response) => response.status,
  );
  await hold.reached;
  const beats = () => edge.asked.filter((asked) => asked.endsWith("/heartbeat")).length;
  await expect.poll(beats).toBeGreaterThan((3 * STALL_SECONDS) / HEARTBEAT_SECONDS);
  hold.letGo();
  expect(await status).toBe(204);
});

test("what is taken away while it is written ends as the edge says that it does", async () => {
  const relay = await edge.relay();
  onTestFinished(() => relay.stop());
  edge.on("POST /relay/v1/images/x/uploads", json(201, intoStore(relay.dir, 60)));
  edge.on("POST /relay/v1/images/x/transfers/l/heartbeat", (request, response) => {
    request.resume();
    response.writeHead(409, { [FOR_CLIENT]: "1" }).end("the lease has ended");
  });
  const { body, reached, resume } = heldStream(new Uint8Array(100_000), new Uint8Array(1));
  const init = { method: "PUT", body, duplex: "half" } as RequestInit;
  const answer = fetch(`${relay.door}/v2/images/x/file`, init);
  answer.catch(() => {});
  await reached;
  const partials = () => readdir(join(relay.dir, ".glimpse-partial"), { recursive: true });
  await expect.poll(async () => (await partials()).filter((name) => name.includes("/"))).toHaveLength(1);
  await relay.fileStore().delete(`file://${relay.dir}/x`);
  const response = await answer;
  // It is heard out before its answer ends.
  resume();
  expect([response.status, await response.text()]).toEqual([409, "the lease has ended"]);
});
