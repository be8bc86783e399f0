import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { TEST_KEY } from "../../test/support/relay.node.ts";
import { json, StubEdge } from "../../test/support/stub-edge.node.ts";
import { Edge } from "./edge.ts";

const MiB = 1024 * 1024;
const STEP_SECONDS = 0.5;

let stub: StubEdge;
let edge: Edge;

beforeEach(async () => {
  stub = await StubEdge.start();
  const boot = { id: "life", startedAt: 1 };
  edge = new Edge({ url: stub.url, key: TEST_KEY, boot, connections: 1, stepSeconds: STEP_SECONDS });
});

afterEach(async () => {
  await edge.close();
  await stub.stop();
});

const put = (body: Uint8Array | AsyncIterable<Uint8Array>) =>
  edge.request({ method: "PUT", path: "/large", headers: {}, body });

/** Reads what comes like the end of a slow line; its last bytes, which may be in buffers already, fast. */
async function readSlowly(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  let slept = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > 24 * MiB || bytes < (slept + 1) * MiB) continue;
    slept++;
    await wait((STEP_SECONDS * 1000) / 10);
  }
  return bytes;
}

test("a large body over a slow line takes longer than any step of it may", async () => {
  stub.on("PUT /large", async (request, response) => {
    response.end(String(await readSlowly(request)));
  });
  const started = performance.now();
  const answer = await put(new Uint8Array(48 * MiB));
  expect(performance.now() - started).toBeGreaterThan(STEP_SECONDS * 2000);
  let said = "";
  for await (const chunk of answer.body) said += chunk;
  expect(said).toBe(String(48 * MiB));
});

test("a body that the edge takes no more of is an outage", async () => {
  stub.on("PUT /large", () => {});
  await expect(put(new Uint8Array(48 * MiB))).rejects.toMatchObject({
    kind: "unavailable",
    cause: new Error(`to send a piece took more than ${STEP_SECONDS} seconds`),
  });
});

test("an answer that does not come is an outage", async () => {
  stub.on("PUT /large", (request) => request.resume());
  await expect(put(new Uint8Array(3))).rejects.toMatchObject({ kind: "unavailable" });
});

test("whoever finds every connection taken by a client that hardly sends hears so, and questions do not wait", async () => {
  stub.on("POST /relay/v1/images/x/transfers/l/heartbeat", json(204, {}));
  const begun = Promise.withResolvers<void>();
  stub.on("PUT /large", () => begun.resolve());
  const stop = new AbortController();
  async function* hardly() {
    yield new Uint8Array(1);
    await new Promise((_, reject) => stop.signal.addEventListener("abort", reject));
  }
  const idle = put(hardly());
  idle.catch(() => {});
  await begun.promise;
  await expect(edge.request({ method: "GET", path: "/healthcheck", headers: {} })).rejects.toMatchObject({
    kind: "unavailable",
  });
  const beat = await edge.control({ what: "heartbeat", image: "x", lease: "l" }, { json: {} });
  expect(beat.status).toBe(204);
  stop.abort();
  await expect(idle).rejects.toMatchObject({ kind: "unavailable" });
});

test("commits that take their time keep no lease from being renewed", async () => {
  const many = 64;
  const boot = { id: "life", startedAt: 1 };
  const busy = new Edge({ url: stub.url, key: TEST_KEY, boot, connections: many, stepSeconds: STEP_SECONDS });
  const allCame = Promise.withResolvers<void>();
  const waiting: ServerResponse[] = [];
  stub.on("POST /relay/v1/images/x/transfers/l/complete", (_, response) => {
    if (waiting.push(response) === many) allCame.resolve();
  });
  const commits = Promise.all(
    Array.from({ length: many }, () =>
      busy.control({ what: "complete", image: "x", lease: "l" }, { json: {} }),
    ),
  );
  commits.catch(() => {});
  onTestFinished(() => busy.close());
  await allCame.promise;
  expect((await busy.control({ what: "heartbeat", image: "x", lease: "l" }, { json: {} })).status).toBe(204);
  for (const response of waiting) response.writeHead(204).end();
  for (const { status } of await commits) expect(status).toBe(204);
});

test.each(["extend", "complete"] as const)(
  "an answer to %s that hangs in its middle is waited for no longer than a step",
  async (what) => {
    stub.on(`POST /relay/v1/images/x/transfers/l/${what}`, (request, response) => {
      request.resume();
      response.writeHead(409, { "content-length": "100" }).write("{");
    });
    const { body } = await edge.control({ what, image: "x", lease: "l" }, { json: {} });
    await expect(body.text()).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
  },
);

test.each([
  ["GET /relay/v1/images/x/file", { what: "file", image: "x" }],
  ["POST /relay/v1/images/x/transfers/l/heartbeat", { what: "heartbeat", image: "x", lease: "l" }],
] as const)(
  "%s is asked again, signed anew, when the connection broke on which it was",
  async (asked, control) => {
    const signatures: (string | undefined)[] = [];
    stub.on(asked, (request, response) => {
      signatures.push(request.headers.authorization);
      if (signatures.length === 1) request.socket.destroy();
      else response.end("{}");
    });
    expect((await edge.control(control)).status).toBe(200);
    expect(new Set(signatures).size).toBe(2);
  },
);

test("what may not be asked twice is not, when its connection broke", async () => {
  stub.on("POST /relay/v1/images/x/uploads", (request) => request.socket.destroy());
  await expect(edge.control({ what: "uploads", image: "x" })).rejects.toMatchObject({ kind: "unavailable" });
  expect(stub.asked.filter((asked) => asked.endsWith("/uploads"))).toHaveLength(1);
});
