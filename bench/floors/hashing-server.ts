/**
 * The least that an upload takes in a Node program: PUT hashes a body with both digests on a thread each, writes it past the
 * page cache and syncs it; DELETE removes it. Where the address of a bare worker is given, that is asked for each step of a
 * cycle, as a relay does (bare-worker.ts).
 */
import { constants } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { HashThreads } from "../../relay/hashing/hash-threads.ts";
import { ask } from "../ask.ts";

/** As much memory for an upload as the relay's directory has (relay/drivers/file.ts). Bodies are of whole blocks. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS = 4;
/** When this much has arrived and nobody has taken it, the client is made to wait. */
const WAITING_BYTES = 256 * 1024;

const [dir = ".", worker] = process.argv.slice(2);
const threads = new HashThreads();

/** What can grow begins at a page, as a direct write must. */
const newBlock = () => new SharedArrayBuffer(BLOCK_BYTES, { maxByteLength: BLOCK_BYTES });
/** Those that uploads have left. */
const spare: SharedArrayBuffer[] = [];

/** What has arrived, all of it at once: a wait for each chunk would be much of the work. */
async function* arrivals(body: IncomingMessage): AsyncGenerator<readonly Buffer[]> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  let wake = () => {};
  body.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= WAITING_BYTES) body.pause();
    wake();
  });
  body.once("close", () => {
    isOver = true;
    wake();
  });
  while (!isOver || chunks.length > 0) {
    if (chunks.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
      continue;
    }
    const arrived = chunks;
    [chunks, bytes] = [[], 0];
    if (body.isPaused()) body.resume();
    yield arrived;
  }
}

async function store(body: IncomingMessage, path: string): Promise<void> {
  const { O_CREAT, O_DIRECT, O_WRONLY } = constants;
  await using file = await open(path, O_CREAT | O_WRONLY | O_DIRECT);
  const digests = threads.open(["md5", "sha512"]);
  /** The blocks in turn, as they have been hashed and written. */
  const free: Promise<SharedArrayBuffer>[] = [];
  const work = async (block: SharedArrayBuffer, position: number) => {
    const hashed = digests.map((digest) => digest.update(block, BLOCK_BYTES));
    await Promise.all([...hashed, file.write(new Uint8Array(block), 0, BLOCK_BYTES, position)]);
    return block;
  };
  let sent = 0;
  let block: SharedArrayBuffer | undefined;
  let filled = 0;
  for await (const chunks of arrivals(body))
    for (const chunk of chunks)
      for (let at = 0; at < chunk.byteLength; ) {
        block ??= await (free[sent % BLOCKS] ?? spare.pop() ?? newBlock());
        const copied = chunk.copy(Buffer.from(block), filled, at);
        at += copied;
        filled += copied;
        if (filled < BLOCK_BYTES) continue;
        free[sent % BLOCKS] = work(block, sent * BLOCK_BYTES);
        sent++;
        [block, filled] = [undefined, 0];
      }
  spare.push(...(await Promise.all(free)));
  await file.sync();
  await Promise.all(digests.map((digest) => digest.finish()));
  for (const digest of digests) digest.close();
}

/** The worker's part of a step. */
async function step(what: string, name: string): Promise<void> {
  if (worker !== undefined) await ask({ url: worker, headers: {} }, "POST", `/${what}/${name}`);
}

async function upload(body: IncomingMessage, name: string): Promise<void> {
  await step("claim", name);
  await store(body, join(dir, name));
  await step("complete", name);
}

async function remove(name: string): Promise<void> {
  await step("delete", name);
  await unlink(join(dir, name));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = basename(request.url ?? "/");
  if (request.method === "POST") await step("create", name);
  else await (request.method === "PUT" ? upload(request, name) : remove(name));
  response.writeHead(204).end();
}

const server = createServer((request, response) =>
  answer(request, response).catch((error: Error) => response.destroy(error)),
);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
