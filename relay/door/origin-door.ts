import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { z } from "zod";
import { BLOB_SIZE, NDJSON } from "../../protocol/headers.ts";
import { type Door, LOCATION_QUERY, PUT_QUERY } from "../../protocol/paths.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import {
  clipRange,
  HASH_ALGOS,
  type ImageStore,
  type Location,
  type PutOptions,
} from "../../src/stores/contract.ts";
import { copyOut } from "../copy-out.ts";
import type { Bytes } from "../steadily.ts";
import { answerJson } from "./answer.ts";
import { framedBody } from "./body.ts";
import { DIGEST_ALGOS, type Digests } from "./digests.ts";

export interface Visit {
  readonly digests: Digests;
  /** Aborted when the rest of the request's body will never arrive, although its connection stays open. */
  readonly broken: AbortSignal;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly idleSeconds: number;
  /** Tells a client that sent `Expect: 100-continue` to send its body. */
  readonly sendContinue: () => void;
}

const LIST_BYTES = 64 * 1024;

const bytes = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const putQuery = z.object({
  location: z.string(),
  hash: z.enum(HASH_ALGOS).optional(),
  size: bytes.optional(),
  max: bytes.optional(),
});
const getQuery = z.object({ start: bytes.optional(), end: bytes.optional() });
const digestQuery = z.object({ hash: z.enum(DIGEST_ALGOS) });
const anyQuery = z.object({ [LOCATION_QUERY]: z.string().optional() });
const listQuery = z.object({ prefix: z.string().default("") });

/** Serves the edge's requests to a store, once it is certain that the edge is asking. */
export async function serveDoor(door: Door, store: ImageStore, visit: Visit): Promise<void> {
  const method = visit.request.method ?? "";
  if (door.what === "list" && method === "GET") return serveList(store, visit);
  if (door.what === "blob" && method === "PUT") return servePut(store, door.key, visit);
  if (door.what !== "list") {
    const { location = store.locationOf(door.key) } = read(anyQuery, visit.query);
    if (method === "GET") return serveReader(door, store, location, visit);
    if (door.what === "blob" && method === "DELETE") {
      await store.delete(location);
      return answerJson(visit.response, 200, {});
    }
  }
  const allow = door.what === "blob" ? "GET, PUT, DELETE" : "GET";
  throw new ServiceError("methodNotAllowed", `There is no ${method} here.`, { headers: { allow } });
}

async function serveReader(
  door: Exclude<Door, { what: "list" }>,
  store: ImageStore,
  location: Location,
  visit: Visit,
): Promise<void> {
  const { digests, query, response } = visit;
  switch (door.what) {
    case "blob":
      return serveGet(store, location, visit);
    case "info":
      return answerJson(response, 200, await store.stat(location));
    case "dependents":
      return answerJson(response, 200, { names: (await store.dependents?.(location)) ?? [] });
    case "digest": {
      const { hash: algo } = read(digestQuery, query);
      return answerJson(response, 200, await digests.ask(store, { store: door.store, location, algo }));
    }
  }
}

async function servePut(store: ImageStore, key: string, visit: Visit): Promise<void> {
  const { broken, request, response, query, idleSeconds, sendContinue } = visit;
  const { location, hash, size, max } = read(putQuery, query);
  if (location !== store.locationOf(key))
    throw new ServiceError(
      "unavailable",
      `The edge looks for this store's images elsewhere; check ${PUT_QUERY.location}.`,
    );
  const gone = new AbortController();
  const onClose = () => gone.abort(new ServiceError("invalid", "The client went away."));
  response.once("close", onClose);
  const opts: PutOptions = {
    signal: AbortSignal.any([gone.signal, broken]),
    ...(hash === undefined ? {} : { hashAlgo: hash }),
    ...(size === undefined ? {} : { size }),
    ...(max === undefined ? {} : { maxBytes: max }),
  };
  const stored = await store.put(key, framedBody(request, { idleSeconds, begin: sendContinue }), opts);
  // Nobody will learn that it is stored, so nobody would ever ask for it.
  if (gone.signal.aborted) return store.delete(location);
  answerJson(response, 201, stored);
}

async function serveGet(store: ImageStore, at: Location, visit: Visit): Promise<void> {
  const { response, query, idleSeconds } = visit;
  const { start, end } = read(getQuery, query);
  if (start === undefined && end !== undefined) throw new ServiceError("invalid", "A range needs its start.");
  const range = start === undefined ? undefined : { start, ...(end === undefined ? {} : { end }) };
  const { size, body } = await store.get(at, range);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    // From this the edge notices when the rest is missing.
    "content-length": clipRange(range, size).length,
    [BLOB_SIZE]: size,
    "cache-control": "no-store, no-transform",
  });
  await send(body, response, idleSeconds);
}

async function serveList(store: ImageStore, visit: Visit): Promise<void> {
  const { prefix } = read(listQuery, visit.query);
  const lines = listing(store.list(prefix))[Symbol.asyncIterator]();
  // A store that cannot be listed at all gets a refusal, not half an answer.
  const first = await lines.next();
  async function* all() {
    if (!first.done) yield first.value;
    yield* { [Symbol.asyncIterator]: () => lines };
  }
  visit.response.writeHead(200, { "content-type": NDJSON });
  await send(Readable.from(all()), visit.response, visit.idleSeconds);
}

async function* listing(keys: AsyncIterable<string>): AsyncIterable<string> {
  let text = "";
  for await (const key of keys) {
    text += `${JSON.stringify({ key })}\n`;
    if (text.length < LIST_BYTES) continue;
    yield text;
    text = "";
  }
  yield `${text}${JSON.stringify({ end: true })}\n`;
}

/** A failure half way destroys the connection, which tells the other side. */
async function send(body: Readable | Bytes, response: ServerResponse, idleSeconds: number): Promise<void> {
  response.setTimeout(idleSeconds * 1000, () => response.destroy());
  try {
    await copyOut(body, response);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")
      throw new ServiceError("invalid", "The client went away before it had everything.");
    throw error;
  }
  response.setTimeout(0);
}

function read<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  const parsed = schema.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ServiceError("invalid", `The query is wrong: ${problems.join("; ")}.`);
}
