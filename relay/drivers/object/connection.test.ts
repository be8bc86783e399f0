import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { CopyBuffers } from "../../copy-buffers.ts";
import { Connection } from "./connection.ts";

async function connected(count: number, greeting = "") {
  const server: Server = createServer((socket) => socket.on("error", () => {}).write(greeting));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const to = new URL(`http://127.0.0.1:${port}`);
  const connections = Array.from({ length: count }, () => new Connection(to));
  onTestFinished(() => {
    for (const connection of connections) connection.end();
    server.close();
  });
  return connections;
}

/** How many copies could have large buffers now. */
function largeLeft(): number {
  const copies = Array.from({ length: 4 }, () => new CopyBuffers());
  const { bytes: small } = new CopyBuffers();
  const left = copies.filter(({ bytes }) => bytes > small).length;
  for (const copy of copies) copy[Symbol.dispose]();
  return left;
}

test("connections have large buffers while they last, and leave them to others afterwards", async () => {
  expect(largeLeft()).toBe(4);
  const connections = await connected(3, "never read");
  expect(largeLeft()).toBe(1);
  for (const connection of connections) connection.end();
  await vi.waitUntil(() => largeLeft() === 4);
});

test("memory whose bytes were not read is given to nobody else", async () => {
  const [connection] = await connected(1, "HTTP/1.1 200 OK\r\n\r\nbytes");
  await connection?.head();
  expect(connection?.hasMore).toBe(true);
  connection?.end();
  await vi.waitUntil(() => largeLeft() === 4);
  using copy = new CopyBuffers();
  Buffer.from(copy.take()).fill(0);
  const into = new Uint8Array(5);
  await connection?.read(into);
  expect(Buffer.from(into).toString()).toBe("bytes");
});
