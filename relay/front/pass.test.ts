import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { StubEdge } from "../../test/support/stub-edge.node.ts";

let edge: StubEdge;

beforeEach(async () => {
  edge = await StubEdge.start();
});

afterEach(() => edge.stop());

async function door(): Promise<URL> {
  const relay = await edge.relay();
  onTestFinished(() => relay.stop());
  return new URL(relay.door);
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
