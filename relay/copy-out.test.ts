import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable, Writable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { copyOut } from "./copy-out.ts";
import { LentBytes } from "./lent-bytes.ts";
import type { Bytes } from "./steadily.ts";

const MiB = 1024 * 1024;
const BROKEN = "the store broke";
const IMAGE = randomBytes(7 * MiB + 5);

/** Fills whatever buffer it is given, at most so many bytes at once; and tells whether it was cancelled. */
function byteStream(atOnce = Number.POSITIVE_INFINITY, failsAt = Number.POSITIVE_INFINITY) {
  let position = 0;
  const seen = { cancelled: false };
  const body: Bytes = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const request = controller.byobRequest;
      const view = request?.view;
      if (!request || !view) throw new Error("a buffer was to be brought");
      if (position >= failsAt) throw new Error(BROKEN);
      const piece = IMAGE.subarray(position, position + Math.min(view.byteLength, atOnce));
      if (piece.byteLength === 0) {
        controller.close();
        return request.respond(0);
      }
      new Uint8Array(view.buffer, view.byteOffset).set(piece);
      position += piece.byteLength;
      request.respond(piece.byteLength);
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { body, seen };
}

/** As much as one chunk is each, in one piece of memory that is filled again when it was given back. */
function lentBytes(failsAt = Number.POSITIVE_INFINITY) {
  const memory = new Uint8Array(3 * MiB);
  let position = 0;
  let given = Promise.withResolvers<void>();
  given.resolve();
  const seen = { cancelled: false };
  const body = new LentBytes(
    {
      async pull(controller) {
        if (position >= failsAt) throw new Error(BROKEN);
        await given.promise;
        given = Promise.withResolvers<void>();
        const piece = IMAGE.subarray(position, position + memory.byteLength);
        memory.set(piece);
        position += piece.byteLength;
        if (piece.byteLength === 0) controller.close();
        else controller.enqueue(memory.subarray(0, piece.byteLength));
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    () => given.resolve(),
  );
  return { body, seen };
}

/** A server that answers so, and what became of the answering. */
async function answering(answer: (response: ServerResponse) => Promise<void>) {
  const outcome = Promise.withResolvers<unknown>();
  const server = createServer((_request, response) => {
    answer(response).then(() => outcome.resolve("all is given"), outcome.resolve);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, outcome: outcome.promise };
}

test.each([
  ["a byte stream", () => byteStream().body],
  ["a byte stream of odd pieces", () => byteStream(100_003).body],
  ["a stream that brings its own buffers", () => new Response(IMAGE).body as Bytes],
  ["memory that is lent", () => lentBytes().body],
  ["a readable", () => Readable.from([IMAGE.subarray(0, 5), IMAGE.subarray(5)])],
  ["nothing", () => new Response("").body as Bytes],
])("%s is copied whole", async (name, bodyOf) => {
  const { port, outcome } = await answering((response) => copyOut(bodyOf(), response));
  const got = Buffer.from(await (await fetch(`http://127.0.0.1:${port}`)).arrayBuffer());
  expect(got.equals(name === "nothing" ? Buffer.alloc(0) : IMAGE)).toBe(true);
  expect(await outcome).toBe("all is given");
});

test("buffers that went to one client are not written to while they are on their way", async () => {
  const { port, outcome } = await answering((response) => copyOut(byteStream().body, response));
  const both = await Promise.all(
    [1, 2].map(async () => Buffer.from(await (await fetch(`http://127.0.0.1:${port}`)).arrayBuffer())),
  );
  expect(both.map((got) => got.equals(IMAGE))).toEqual([true, true]);
  await outcome;
});

test.each([
  ["large", Number.POSITIVE_INFINITY, 2],
  ["small", 1_000, 8],
])("of %s chunks few are read before a client takes them", async (_what, atOnce, most) => {
  let read = 0;
  const body: Bytes = new ReadableStream({
    type: "bytes",
    pull(controller) {
      read++;
      controller.byobRequest?.respond(Math.min(controller.byobRequest.view?.byteLength ?? 0, atOnce));
    },
  });
  const client = new Writable({ write: () => {} });
  const outcome = copyOut(body, client).catch((error: Error) => error.message);
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(read).toBe(most);
  client.destroy(new Error("gone"));
  await outcome;
});

const SOURCES = [
  ["a byte stream", byteStream],
  ["memory that is lent", (_atOnce?: number, failsAt?: number) => lentBytes(failsAt)],
] as const;

test.each(SOURCES)("%s that fails ends the connection, and says why", async (_name, sourceOf) => {
  const { body } = sourceOf(MiB, 3 * MiB);
  const { port, outcome } = await answering((response) => copyOut(body, response));
  await expect(fetch(`http://127.0.0.1:${port}`).then((answer) => answer.arrayBuffer())).rejects.toThrow();
  expect(await outcome).toMatchObject({ message: BROKEN });
});

test.each(SOURCES)("a client that goes away cancels %s", async (_name, sourceOf) => {
  const { body, seen } = sourceOf();
  const { port, outcome } = await answering((response) => copyOut(body, response));
  const client = connect(port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(client, "data");
  client.pause();
  client.destroy();
  expect(await outcome).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  expect(seen.cancelled).toBe(true);
});

test("memory that is lent goes back when the client has it, not before", async () => {
  const backs: number[] = [];
  const chunks = [IMAGE.subarray(0, 7 * MiB), IMAGE.subarray(7 * MiB)];
  const body = new LentBytes(
    {
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    },
    (chunk) => backs.push(chunk.byteLength),
  );
  const { port, outcome } = await answering((response) => copyOut(body, response));
  const client = connect(port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  await once(client, "data");
  client.pause();
  // Seven MiB do not fit into the sockets.
  await new Promise(setImmediate);
  expect(backs).toEqual([]);
  client.resume();
  expect(await outcome).toBe("all is given");
  expect(backs).toEqual([7 * MiB, 5]);
});
