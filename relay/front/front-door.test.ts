import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestRelay, type TestRelay } from "../../test/support/relay.node.ts";

/** Nothing listens there: what the door does by itself needs no edge. */
const NO_EDGE = "http://127.0.0.1:9";

let at: TestRelay;
let door: URL;

beforeAll(async () => {
  at = await startTestRelay({
    edge: { url: NO_EDGE },
    frontDoor: { host: "127.0.0.1", port: 0, trustedProxies: [], maxConnections: 3 },
    metrics: { host: "127.0.0.1", port: 0 },
  });
  door = new URL(at.relay.front?.url ?? "");
});

afterAll(() => at.stop());

const connected = async () => {
  const socket = connect(Number(door.port), door.hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
};

const metrics = async () => (await fetch(`${at.relay.metrics?.url}/metrics`)).text();

test("more connections than it takes are closed at once, and counted", async () => {
  const sockets = [await connected(), await connected(), await connected()];
  const more = await connected();
  await once(more, "close");
  expect(await metrics()).toMatch(/^glimpse_relay_connections_dropped_total [1-9]/m);
  for (const socket of sockets) {
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    await once(socket, "close");
  }
  expect((await fetch(`${door}healthcheck`)).status).toBe(503);
});

test.each([
  ["application/json", /^\{"message":"The image service cannot be reached from this site right now\./],
  ["text/html", /^<html>[\s\S]*<h1>503 Service Unavailable<\/h1>/],
  ["text/plain", /^503 Service Unavailable\n\nThe image service cannot be reached/],
])("its own refusals are as the client asks for them: %s", async (accept, form) => {
  const response = await fetch(`${door}v2/images`, {
    headers: { accept, "x-openstack-request-id": "req-mine" },
  });
  expect(response.status).toBe(503);
  expect(await response.text()).toMatch(form);
  expect(response.headers.get("x-openstack-request-id")).toBe("req-mine");
  expect(response.headers.get("cache-control")).toBe("private, no-store");
});

test("what a client expects that nobody knows is no reason to refuse it", async () => {
  const socket = await connected();
  socket.write("GET /v2/images HTTP/1.1\r\nhost: glimpse\r\nexpect: nonsense\r\nconnection: close\r\n\r\n");
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  expect(answer).toMatch(/^x-openstack-request-id: req-/im);
});

test.each(["v2/images", "v2/images/a/file"])(
  "an id that is too long is refused, as by the edge: %s",
  async (path) => {
    const headers = { accept: "application/json", "x-openstack-request-id": "0".repeat(65) };
    const response = await fetch(door + path, { headers });
    expect(response.status).toBe(431);
    expect(await response.json()).toMatchObject({ title: "Request Header Fields Too Large" });
    expect(response.headers.get("x-openstack-request-id")).toMatch(/^req-[0-9a-f-]{36}$/);
  },
);

test("metrics tell of requests by their kind, and of an edge that is away", async () => {
  await fetch(`${door}v2/images/x/file`);
  await fetch(`${door}v2/images/x/file`, { method: "PUT", body: "image" });
  const text = await metrics();
  for (const what of ["download", "upload", "metadata"])
    expect(text).toMatch(
      new RegExp(
        `^glimpse_relay_request_duration_seconds_count\\{door="front",what="${what}",.*status="503"\\} [1-9]`,
        "m",
      ),
    );
  expect(text).toMatch(/^glimpse_relay_edge_answer_duration_seconds_count\{outcome="failed"\} [1-9]/m);
  expect(text).toMatch(/^glimpse_relay_requests_in_progress\{door="front",what="upload"\} 0$/m);
});

test("the port of the metrics has them and a health check, and nothing else", async () => {
  const status = async (path: string, method = "GET") =>
    (await fetch(`${at.relay.metrics?.url}${path}`, { method })).status;
  expect(await status("/healthcheck")).toBe(200);
  expect(await status("/v2/images")).toBe(404);
  expect(await status("/metrics", "POST")).toBe(405);
});

/** Sends the bytes as they are, and takes whatever comes back until the door closes the connection. */
async function answerTo(bytes: string): Promise<string> {
  const socket = await connected();
  socket.write(bytes);
  return text(socket);
}

test.each([
  ["a method that HTTP does not know", "FOO /v2/images HTTP/1.1\r\nHost: x\r\n\r\n", "501 Not Implemented"],
  ["garbage", "\x16\x03\x01 no HTTP at all\r\n\r\n", "400 Bad Request"],
  ["a header that is none", "GET / HTTP/1.1\r\nHost x\r\n\r\n", "400 Bad Request"],
  [
    "headers without end",
    `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(200_000)}\r\n\r\n`,
    "431 Request Header Fields Too Large",
  ],
])("%s is answered in words, with a request id, and the connection closes", async (_what, bytes, code) => {
  const [head = "", body = ""] = (await answerTo(bytes)).split("\r\n\r\n");
  expect(head.split("\r\n")[0]).toBe(`HTTP/1.1 ${code}`);
  expect(head).toMatch(/^x-openstack-request-id: req-[0-9a-f-]{36}$/im);
  expect(head).toMatch(/^connection: close$/im);
  expect(body).toMatch(new RegExp(`^${code}\n\n.+\\.\n`));
});

test.each(["POST /v2/images", "PUT /v2/images/x/file"])(
  "a body of %s in a coding that is unknown is not taken for what it codes",
  async (line) => {
    const head = `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n`;
    expect(await answerTo(`${head}4\r\ngzip\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n/);
  },
);
