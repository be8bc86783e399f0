import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ServiceError } from "../../../src/domain/errors.ts";
import { bytesFrom, bytesOf } from "../../../test/support/streams.ts";
import { pieceIn } from "./body-stream.ts";
import { StoreFetch } from "./store-fetch.ts";

const BYTES = bytesOf(3_000_000);
const TIMES = { answerSeconds: 5, idleSeconds: 5 };
const failure = (cause: unknown) => new ServiceError("unavailable", "It broke off.", { cause });

async function serverOf(answer: RequestListener) {
  let connections = 0;
  const server: Server = createServer(answer).listen(0, "127.0.0.1");
  server.on("connection", () => connections++);
  await once(server, "listening");
  const asking = new StoreFetch(TIMES);
  onTestFinished(async () => {
    await asking.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/b?c=d`;
  return { url, fetch: asking.fetch, connections: () => connections };
}

const piece = (length: number, idleSeconds = 5) => ({ skip: 0, length, idleSeconds, failure });

test("what is read comes whole, head and body, over a connection that is kept", async () => {
  const { connections, fetch, url } = await serverOf((request, response) => {
    expect([request.url, request.headers.host?.split(":")[0], request.headers.range]).toEqual([
      "/a/b?c=d",
      "127.0.0.1",
      "bytes=0-",
    ]);
    response.writeHead(206, { "content-length": BYTES.byteLength, etag: '"x"' }).end(BYTES);
  });
  for (let time = 0; time < 3; time++) {
    const response = await fetch(url, { headers: { range: "bytes=0-" } });
    expect([response.status, response.headers.get("etag")]).toEqual([206, '"x"']);
    const body = pieceIn(response.body, piece(BYTES.byteLength));
    expect(Buffer.from(await bytesFrom(body)).equals(BYTES)).toBe(true);
  }
  expect(connections()).toBe(1);
});

test("a kept connection that the server has closed is no failure", async () => {
  const { fetch, url } = await serverOf((_, response) => {
    response.writeHead(200, { "content-length": 2 }).end("ok", () => response.socket?.destroy());
  });
  for (let time = 0; time < 3; time++) expect(await (await fetch(url)).text()).toBe("ok");
});

test("a body whose length nobody tells comes whole as well", async () => {
  const { fetch, url } = await serverOf((_, response) => {
    response.write(BYTES.subarray(0, 1_000_000));
    response.end(BYTES.subarray(1_000_000));
  });
  const { body } = await fetch(url);
  expect(Buffer.from(await bytesFrom(pieceIn(body, piece(BYTES.byteLength)))).equals(BYTES)).toBe(true);
});

test("a body that ends early or stands still is told by the caller's own error", async () => {
  for (const end of [true, false]) {
    const { fetch, url } = await serverOf((_, response) => {
      response.writeHead(200, { "content-length": BYTES.byteLength });
      response.write(BYTES.subarray(0, 500_000), () => end && response.destroy());
    });
    const { body } = await fetch(url);
    await expect(bytesFrom(pieceIn(body, piece(BYTES.byteLength, 0.3)))).rejects.toMatchObject({
      message: "It broke off.",
    });
  }
});

test("what is given up before it is answered ends at once", async () => {
  const { fetch, url } = await serverOf(() => {});
  const stop = new AbortController();
  const asked = fetch(url, { signal: stop.signal });
  stop.abort(new Error("too late"));
  await expect(asked).rejects.toThrow("too late");
});

test("a body in shared memory arrives as it is, and a server that takes none of it is given up", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(BYTES.byteLength));
  shared.set(BYTES);
  const taken: Buffer[] = [];
  const { fetch, url } = await serverOf(async (request, response) => {
    for await (const chunk of request) taken.push(chunk);
    response.writeHead(201, { etag: request.headers["content-length"] }).end();
  });
  const response = await fetch(url, { method: "PUT", body: shared as unknown as Uint8Array<ArrayBuffer> });
  expect([response.status, response.headers.get("etag")]).toEqual([201, String(BYTES.byteLength)]);
  expect(Buffer.concat(taken).equals(BYTES)).toBe(true);

  const deaf = await serverOf(() => {});
  const hasty = new StoreFetch({ answerSeconds: 5, idleSeconds: 0.2 });
  onTestFinished(() => hasty.close());
  const large = new Uint8Array(64 * 1024 * 1024);
  await expect(hasty.fetch(deaf.url, { method: "PUT", body: large })).rejects.toThrow(/to send a piece/);
});
