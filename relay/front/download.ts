import { Readable } from "node:stream";
import type { DownloadGrant } from "../../protocol/control.ts";
import { REQUEST_ID } from "../../protocol/headers.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import { HASH_ALGOS, type Range } from "../../src/stores/contract.ts";
import { boundsOf } from "../cache/content.ts";
import type { ImageCache } from "../cache/image-cache.ts";
import type { OpenStore } from "../open-store.ts";
import { type Bytes, type FetchFrom, STEADINESS, steadily } from "../steadily.ts";
import type { Visit } from "../visits.ts";
import { isForClient, jsonOf, mistrusted } from "./control-answer.ts";
import type { EdgeAnswer } from "./edge.ts";
import { fromElsewhere, restFromElsewhere, type Wanted } from "./elsewhere.ts";
import { callerHeaders, passedIn } from "./headers.ts";
import { type PassOptions, passOn, send } from "./pass.ts";

export interface DownloadOptions extends PassOptions {
  readonly stores: ReadonlyMap<string, OpenStore>;
  readonly cache?: ImageCache;
}

/**
 * `GET /v2/images/{id}/file`. For every request, the edge decides whether the client may have the image, and which
 * bytes. They come from this site's store if it has them, else from the cache, else from a store elsewhere, else
 * through the edge. The client gets no headers before a source has answered.
 */
export async function download(visit: Visit, image: string, options: DownloadOptions): Promise<void> {
  const { edge, site, idleSeconds } = options;
  const { request, requestId, query, gone } = visit;
  const headers = {
    ...callerHeaders(request, requestId),
    ...conditions(request.headers),
    ...(await edge.siteHeaders(site)),
  };
  const answer = await edge.control({ what: "file", image }, { headers, query, signal: gone });
  if (isForClient(answer)) return passOn(visit, answer, idleSeconds);
  if (answer.status !== 200) throw await mistrusted(answer);
  const grant = (await jsonOf(answer)) as DownloadGrant;
  const throughEdge: Wanted["throughEdge"] = (range, signal) => fetchRange(visit, range, signal, options);
  const wanted = { visit, image, grant, stores: options.stores, throughEdge };
  const body =
    (await fromStore(wanted)) ?? (await fromCache(wanted, options)) ?? (await fromElsewhere(wanted));
  if (body) return give(visit, grant, body, options);
  const found = await askEdge(visit, grant.range, gone, options);
  if (found.status !== grant.status) return passOn(visit, found, idleSeconds);
  return give(visit, grant, resumed(wanted, found), options);
}

async function give(
  { response, requestId }: Visit,
  { status, headers }: DownloadGrant,
  body: Readable | Bytes,
  { idleSeconds }: DownloadOptions,
): Promise<void> {
  response.writeHead(status, {
    ...headers,
    [REQUEST_ID]: requestId,
    "cache-control": "private, no-store",
  });
  await send(body, response, idleSeconds);
}

const CONDITIONS = ["range", "content-range", "if-range", "if-none-match"] as const;

const conditions = (headers: Visit["request"]["headers"]) =>
  Object.fromEntries(
    CONDITIONS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );

/** The bytes from the first place at this site that has all of them. */
async function fromStore({ visit, image, grant, stores }: Wanted): Promise<Bytes | undefined> {
  const { locations, range, size } = grant;
  for (const { store, url } of locations) {
    try {
      const holder = stores.get(store);
      if (!holder) throw new Error(`store ${store} is not kept here`);
      if (holder.elsewhere) continue;
      const blob = await holder.get(url, range);
      if (blob.size === size) return blob.body;
      blob.body.cancel().catch(() => {});
      throw new Error(`the store has ${blob.size} bytes of the image's ${size}`);
    } catch (error) {
      visit.log.warn({ err: error, image, store }, "a location could not be read here");
    }
  }
  return undefined;
}

/** The bytes from the cache, which fetches what it lacks from the edge, with this client's own token. */
async function fromCache(wanted: Wanted, { cache }: DownloadOptions): Promise<Bytes | undefined> {
  const { hash, range, size } = wanted.grant;
  const algo = HASH_ALGOS.find((known) => known === hash?.algo);
  if (!cache || !hash || !algo) return undefined;
  const content = { image: wanted.image, algo, hash: hash.value, size };
  return cache.read(content, range, (start, signal) => restFromElsewhere(wanted, start, signal));
}

/** The bytes from the edge. If it breaks off, the rest is requested. */
function resumed({ visit, grant, throughEdge }: Wanted, found: EdgeAnswer): Readable {
  const { range, size } = grant;
  const fetch: FetchFrom = (start, signal) => throughEdge({ ...range, start }, signal);
  const wanted = { ...boundsOf(range, size), signal: visit.gone, ...STEADINESS };
  return Readable.from(steadily(bytesOf(found), fetch, wanted));
}

/** A range of the image, or all of it, from the edge. */
async function fetchRange(
  visit: Visit,
  range: Range | undefined,
  signal: AbortSignal,
  options: DownloadOptions,
): Promise<Bytes> {
  const answer = await askEdge(visit, range, signal, options);
  if (answer.status === (range ? 206 : 200)) return bytesOf(answer);
  answer.body.resume();
  // The caller's token may have expired, or the image may have been deleted: trying again would not help.
  const kind = answer.status >= 500 ? "unavailable" : "gone";
  throw new ServiceError(kind, "The image data cannot be fetched from the edge.", {
    cause: new Error(`the edge answered ${answer.status}`),
  });
}

/**
 * Asks the edge for the bytes themselves. The request is the client's, without its conditions, which the edge has
 * already evaluated.
 */
function askEdge(
  { request, requestId, target }: Visit,
  range: Range | undefined,
  signal: AbortSignal,
  { edge }: DownloadOptions,
): Promise<EdgeAnswer> {
  const headers = { ...passedIn(request.headers, requestId) };
  for (const name of CONDITIONS) delete headers[name];
  if (range) headers.range = `bytes=${range.start}-${range.end ?? ""}`;
  return edge.request({ method: "GET", path: target, headers, signal });
}

const bytesOf = ({ body }: EdgeAnswer): Bytes => Readable.toWeb(body) as unknown as Bytes;
