import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { bytesFrom, bytesOf } from "../../test/support/streams.ts";
import { DRAIN_BOUNDS, drain } from "../door/body.ts";
import { requestBody } from "./request-body.ts";

const MiB = 1024 * 1024;

/** A PUT of so many bytes whose head has arrived, and the client that sends it. */
async function put(length: number): Promise<{ request: IncomingMessage; client: Socket }> {
  const server = createServer();
  server.on("clientError", (_, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {});
  client.write(`PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
  const [request] = (await once(server, "request")) as [IncomingMessage];
  return { request, client };
}

function bodyOf(request: IncomingMessage) {
  const seen = { begun: 0, admitted: 0, moved: 0, ended: 0 };
  const body = requestBody(request, {
    begin: () => seen.begun++,
    admit: async (bytes) => {
      seen.admitted += bytes;
    },
    moved: (bytes) => {
      seen.moved += bytes;
    },
    ended: () => seen.ended++,
    broken: new AbortController().signal,
  });
  return { body, seen };
}

test("a body is all that was sent, in order, and every byte of it was admitted", async () => {
  const { request, client } = await put(5 * MiB + 3);
  const { body, seen } = bodyOf(request);
  client.write(bytesOf(5 * MiB + 3));
  expect(Buffer.compare(await bytesFrom(body), bytesOf(5 * MiB + 3))).toBe(0);
  expect(seen).toEqual({ begun: 1, admitted: 5 * MiB + 3, moved: 5 * MiB + 3, ended: 1 });
});

test("a client whose bytes nobody takes is told to wait", async () => {
  const { request, client } = await put(256 * MiB);
  const { body } = bodyOf(request);
  client.write(bytesOf(64 * MiB));
  await body.getReader().read();
  await expect.poll(() => request.isPaused()).toBe(true);
  expect(request.socket.bytesRead).toBeLessThan(4 * MiB);
  expect(client.writableLength).toBeGreaterThan(0);
});

test("a client that goes away before the end is the body's failure, after what it had sent", async () => {
  const { request, client } = await put(10);
  const reader = bodyOf(request).body.getReader();
  client.end("abc");
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("abc");
  await expect(reader.read()).rejects.toMatchObject({ kind: "invalid" });
});

test("one that has gone before anybody asked is the same failure", async () => {
  const { request, client } = await put(10);
  client.destroy();
  await new Promise((resolve) => request.socket.once("close", resolve));
  await expect(bodyOf(request).body.getReader().read()).rejects.toMatchObject({ kind: "invalid" });
});

test("what comes after a cancel is left to whoever hears the client out", async () => {
  const { request, client } = await put(8 * MiB);
  const { body } = bodyOf(request);
  const reader = body.getReader();
  client.write(bytesOf(8 * MiB));
  await reader.read();
  await reader.cancel();
  await drain(request, DRAIN_BOUNDS.caller);
  expect([request.complete, request.socket.destroyed]).toEqual([true, false]);
});
