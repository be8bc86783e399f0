/**
 * What a Node program can do at best with bytes: GET streams a file, PUT streams a body into one (`?sync` also syncs it),
 * DELETE removes it. ceilings.ts starts it.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { open, stat, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

const [dir = "."] = process.argv.slice(2);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://plain");
  const path = join(dir, basename(pathname));
  if (request.method === "GET") {
    response.setHeader("content-length", (await stat(path)).size);
    await pipeline(createReadStream(path, { highWaterMark: 512 * 1024 }), response);
    return;
  }
  if (request.method === "PUT") await store(request, path, searchParams.has("sync"));
  else await unlink(path);
  response.writeHead(204).end();
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
