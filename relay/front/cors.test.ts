import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FOR_CLIENT } from "../../protocol/control.ts";
import { CORS_DEFAULTS } from "../../src/http/cors.ts";
import type { TestRelay } from "../../test/support/relay.node.ts";
import { json, StubEdge } from "../../test/support/stub-edge.node.ts";

const PAGE = "https://console.example.org";
const rules = { ...CORS_DEFAULTS, allowedOrigins: [PAGE] };
const frontDoor = { host: "127.0.0.1", port: 0, trustedProxies: [], maxConnections: 100, cors: rules };

let edge: StubEdge;
let relay: TestRelay & { readonly door: string };

beforeAll(async () => {
  edge = await StubEdge.start();
  relay = await edge.relay({ frontDoor });
});

afterAll(async () => {
  await relay.stop();
  await edge.stop();
});

const asked = (method: string, path: string, headers: Record<string, string> = { origin: PAGE }) =>
  fetch(`${relay.door}${path}`, { method, headers });

const DATA = "/v2/images/6e1c2bd2-a0a4-4d09-a2ad-d5a5dcb32a31/file";
const CONTROL = `/relay/v1/images/6e1c2bd2-a0a4-4d09-a2ad-d5a5dcb32a31`;

test("an image that this door gives can be read by a page of an allowed origin", async () => {
  const grant = { status: 206, headers: { "content-range": "bytes 0-1/2" }, size: 2, locations: [] };
  edge.on(`GET ${CONTROL}/file`, json(200, grant));
  edge.on(`GET ${DATA}`, (_request, response) => response.writeHead(206).end("ab"));
  const answer = await asked("GET", DATA);
  expect([answer.status, await answer.text()]).toEqual([206, "ab"]);
  expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
  expect(answer.headers.get("access-control-expose-headers")).toContain("Content-Range");
  expect(answer.headers.get("vary")).toBe("Origin");
});

test("so can what the edge says about image data, and what this door itself refuses", async () => {
  edge.on(`POST ${CONTROL}/uploads`, (request, response) => {
    request.resume();
    response.writeHead(409, { [FOR_CLIENT]: "1" }).end("no");
  });
  const refused = await asked("PUT", DATA);
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([409, PAGE]);

  edge.on(`POST ${CONTROL}/uploads`, json(500, {}));
  const away = await asked("PUT", DATA);
  expect([away.status, away.headers.get("access-control-allow-origin")]).toEqual([503, PAGE]);
});

/** Of a request that Node's parser does not hand on, so that no `fetch` can send it. */
async function answerTo(bytes: string): Promise<string> {
  const { hostname, port } = new URL(relay.door);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(bytes);
  return text(socket);
}

test.each([
  ["a method that HTTP does not know", 501, "FOO /v2/images HTTP/1.1\r\nHost: x\r\n"],
  ["a header that is none", 400, "GET /v2/images HTTP/1.1\r\nHost: x\r\nno header\r\n"],
])("so can what is said to %s: %i", async (_what, status, head) => {
  const answer = await answerTo(`${head}Origin:  ${PAGE} \r\n\r\n`);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch(/^access-control-allow-origin: https:\/\/console\.example\.org\r$/im);
  expect(answer).toMatch(/^access-control-expose-headers: .*X-OpenStack-Request-ID/im);
  expect(answer).toMatch(/^vary: Origin\r$/im);

  // One that is let in is named in the body alone, which says nothing of who sent it.
  const others = await answerTo(`${head}Origin: https://evil.example.org\r\n\r\nOrigin: ${PAGE}\r\n\r\n`);
  expect(others).not.toMatch(/access-control/i);
  expect(others).toMatch(/^vary: Origin\r$/im);
});

test("another origin is told nothing", async () => {
  edge.on(`POST ${CONTROL}/uploads`, json(500, {}));
  const { headers } = await asked("PUT", DATA, { origin: "https://evil.example.org" });
  expect(headers.has("access-control-allow-origin")).toBe(false);
  expect(headers.get("vary")).toBe("Origin");
});

test("a preflight and all else is answered as the edge does, once", async () => {
  edge.on("OPTIONS /v2/images", (_request, response) =>
    response
      .writeHead(204, { "access-control-allow-origin": "*", "access-control-allow-methods": "GET" })
      .end(),
  );
  const answer = await asked("OPTIONS", "/v2/images");
  expect(answer.status).toBe(204);
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.get("access-control-allow-methods")).toBe("GET");
});
