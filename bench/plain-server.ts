/**
 * What a Node program can do at best with bytes: GET streams a file, PUT streams a body into one (`?sync` also syncs it),
 * DELETE removes it. ceilings.ts starts it.
 */
import { createWriteStream } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

const BUFFERS = 3;
const BUFFER_BYTES = 1024 * 1024;

const [dir = "."] = process.argv.slice(2);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://plain");
  const path = join(dir, basename(pathname));
  if (request.method === "GET") {
    await send(path, response);
    return;
  }
  if (request.method === "PUT") await store(request, path, searchParams.has("sync"));
  else await unlink(path);
  response.writeHead(204).end();
}

/** Reads ahead while two buffers are on their way, which is as fast as Node sends a file. */
async function send(path: string, response: ServerResponse): Promise<void> {
  await using file = await open(path);
  const { size } = await file.stat();
  response.setHeader("content-length", size);
  const buffers = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(BUFFER_BYTES));
  const sent: Promise<void>[] = [];
  for (let position = 0, nth = 0; position < size; nth++) {
    await sent[nth - BUFFERS];
    const buffer = buffers[nth % BUFFERS] ?? Buffer.alloc(0);
    const { bytesRead } = await file.read(buffer, 0, BUFFER_BYTES, position);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    sent.push(promise);
    response.write(buffer.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
    position += bytesRead;
  }
  await Promise.all(sent);
  response.end();
}

async function store(request: IncomingMessage, path: string, sync: boolean): Promise<void> {
  await pipeline(request, createWriteStream(path));
  if (!sync) return;
  const file = await open(path);
  await file.sync();
  await file.close();
}

const server = createServer((request, response) =>
  answer(request, response).catch((error: Error) => response.destroy(error)),
);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
