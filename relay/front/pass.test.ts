import { connect, type Socket } from "node:net";
import { type Logger, pino } from "pino";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { StubEdge } from "../../test/support/stub-edge.node.ts";
import type { RelaySettings } from "../settings.ts";

const MiB = 1024 * 1024;

let edge: StubEdge;

beforeEach(async () => {
  edge = await StubEdge.start();
});

afterEach(() => edge.stop());

async function door(settings: Partial<RelaySettings> = {}, log?: Logger): Promise<URL> {
  const relay = await edge.relay(settings, log);
  onTestFinished(() => relay.stop());
  return new URL(relay.door);
}

/** A log, and the levels and messages in it. */
function listening() {
  const messages: [level: string, message: string][] = [];
  const write = (line: string) => {
    const { level, msg } = JSON.parse(line);
    messages.push([pino.levels.labels[level] ?? "", msg]);
  };
  return { messages, log: pino({ level: "debug" }, { write }) };
}

test("clients that hardly send keep nobody else from the edge, however many they are", async () => {
  const { hostname, port, origin } = await door();
  const many = 300;
  const begun = Promise.withResolvers<void>();
  let idle = 0;
  edge.on("POST /v2/images", () => {
    if (++idle === many) begun.resolve();
  });
  const sockets = Array.from({ length: many }, (): Socket => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write("POST /v2/images HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n{");
    return socket;
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await begun.promise;
  expect((await fetch(`${origin}/healthcheck`)).status).toBe(204);
});

test("an id goes on as it came: with something before it, it could be too long", async () => {
  const { origin } = await door();
  const given = "0".repeat(64);
  edge.on("GET /v2/images", (request, response) => {
    response.setHeader("x-seen", String(request.headers["x-openstack-request-id"]));
    response.end();
  });
  const seen = async (id: string) =>
    (await fetch(`${origin}/v2/images`, { headers: { "x-openstack-request-id": id } })).headers.get("x-seen");
  expect(await seen(given)).toBe(given);
  expect(await seen("req-mine")).toBe("req-mine");
});

test("an answer of the edge that breaks off is none: a small one is refused, a large one breaks off too", async () => {
  const { origin } = await door();
  edge.on("GET /v2/images", (request, response) => {
    const small = request.url?.includes("small");
    response.writeHead(200, { "content-length": small ? 100 : MiB }).write("[", () => response.destroy());
  });
  expect((await fetch(`${origin}/v2/images?small`)).status).toBe(503);
  await expect(fetch(`${origin}/v2/images`).then((answer) => answer.text())).rejects.toThrow();
});

test.each(["HEAD", "GET"])("%s gets what the edge says of a small answer", async (method) => {
  const { origin } = await door();
  edge.on(`${method} /v2/images`, (_request, response) => {
    response
      .writeHead(200, { "content-length": 2, "x-of": "edge" })
      .end(method === "HEAD" ? undefined : "[]");
  });
  const answer = await fetch(`${origin}/v2/images`, { method });
  expect(answer.headers.get("content-length")).toBe("2");
  expect(answer.headers.get("x-of")).toBe("edge");
  expect(await answer.text()).toBe(method === "HEAD" ? "" : "[]");
});

describe("an answer that stands still is broken off, and the log says by whose fault:", () => {
  const idle = { idleSeconds: 0.2 };

  test("the edge's", async () => {
    const { messages, log } = listening();
    const { origin } = await door(idle, log);
    edge.on("GET /v2/images", (_request, response) => {
      response.writeHead(200, { "content-length": MiB }).write("[");
    });
    const response = await fetch(`${origin}/v2/images`);
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => messages).toContainEqual(["warn", "The answer stood still."]);
  });

  test("the edge's, which is a refusal where nothing was given yet of a small one", async () => {
    const { messages, log } = listening();
    const { origin } = await door(idle, log);
    edge.on("GET /v2/images", (_request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("[");
    });
    expect((await fetch(`${origin}/v2/images`)).status).toBe(503);
    expect(messages).toContainEqual(["warn", "The answer stood still."]);
  });

  test("the client's", async () => {
    const { messages, log } = listening();
    const { hostname, port } = await door(idle, log);
    edge.on("GET /v2/images", (_request, response) => {
      response.end(Buffer.alloc(64 * MiB));
    });
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write("GET /v2/images HTTP/1.1\r\nHost: h\r\n\r\n");
    await expect
      .poll(() => messages)
      .toContainEqual(["debug", "The client took hardly a byte in 0.2 seconds."]);
  });
});

test("characters of a URL that the edge would not read are escaped", async () => {
  const { hostname, port, host } = await door();
  const heard = Promise.withResolvers<string>();
  edge.on("GET /v2/images", (request, response) => {
    heard.resolve(request.url ?? "");
    response.end();
  });
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(`GET /v2/images?name=in:"a,b"&tag=<x> HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  expect(await heard.promise).toBe("/v2/images?name=in:%22a,b%22&tag=%3Cx%3E");
});
