import { Readable } from "node:stream";
import type { DownloadGrant } from "../../protocol/control.ts";
import { REQUEST_ID } from "../../protocol/headers.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import { HASH_ALGOS, type ImageStore } from "../../src/stores/contract.ts";
import type { ImageCache } from "../cache/image-cache.ts";
import type { Visit } from "../visits.ts";
import { isForClient, mistrusted } from "./edge.ts";
import { callerHeaders, passedIn } from "./headers.ts";
import { type PassOptions, passOn, passThrough, send } from "./pass.ts";
import { jsonOf } from "./upload.ts";

type Body = ReadableStream<Uint8Array>;

export interface DownloadOptions extends PassOptions {
  readonly stores: ReadonlyMap<string, ImageStore>;
  readonly cache?: ImageCache;
}

/**
 * `GET /v2/images/{id}/file`: the edge says whether and which bytes, on every request; they come from this site's store
 * where it has them, else from the cache, else through the edge.
 */
export async function download(visit: Visit, image: string, options: DownloadOptions): Promise<void> {
  const { edge, site, idleSeconds } = options;
  const { request, response, requestId, query } = visit;
  const headers = {
    ...callerHeaders(request, requestId),
    ...conditions(request.headers),
    ...(await edge.siteHeaders(site)),
  };
  const answer = await edge.control({ what: "file", image }, { headers, query });
  if (isForClient(answer)) return passOn(visit, answer, idleSeconds);
  if (answer.status !== 200) throw await mistrusted(answer);
  const grant = (await jsonOf(answer.body)) as DownloadGrant;
  const body = (await fromStore(visit, grant, options)) ?? (await fromCache(visit, grant, options));
  if (!body) return passThrough(visit, options);
  response.writeHead(grant.status, {
    ...grant.headers,
    [REQUEST_ID]: requestId,
    "cache-control": "private, no-store",
  });
  await send(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), response, idleSeconds);
}

const CONDITIONS = ["range", "content-range", "if-range", "if-none-match"] as const;

const conditions = (headers: Visit["request"]["headers"]) =>
  Object.fromEntries(
    CONDITIONS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );

/** The first place at this site that has all of the bytes. */
async function fromStore(
  { log }: Visit,
  { locations, range, size }: DownloadGrant,
  { stores }: DownloadOptions,
): Promise<Body | undefined> {
  for (const { store, url } of locations) {
    try {
      const holder = stores.get(store);
      if (!holder) throw new Error(`store ${store} is not kept here`);
      const blob = await holder.get(url, range);
      if (blob.size === size) return blob.body;
      blob.body.cancel().catch(() => {});
      throw new Error(`the store has ${blob.size} bytes of the image's ${size}`);
    } catch (error) {
      log.warn({ err: error, store }, "a location could not be read here");
    }
  }
  return undefined;
}

/** From the cache, which fetches what it lacks with this client's own token. */
async function fromCache(
  visit: Visit,
  { hash, range, size }: DownloadGrant,
  options: DownloadOptions,
): Promise<Body | undefined> {
  const algo = HASH_ALGOS.find((known) => known === hash?.algo);
  if (!options.cache || !hash || !algo) return undefined;
  const content = { algo, hash: hash.value, size };
  return options.cache.read(content, range, (start, signal) => fetchFrom(visit, start, signal, options));
}

/** The image's bytes from `start` to the end, from the edge. */
async function fetchFrom(
  { request, requestId, target }: Visit,
  start: number,
  signal: AbortSignal,
  { edge }: DownloadOptions,
): Promise<Body> {
  const headers = { ...passedIn(request.headers, requestId) };
  for (const name of CONDITIONS) delete headers[name];
  if (start > 0) headers.range = `bytes=${start}-`;
  const answer = await edge.request({ method: "GET", path: target, headers, signal });
  if (answer.status === (start > 0 ? 206 : 200)) return Readable.toWeb(answer.body) as unknown as Body;
  answer.body.resume();
  throw new ServiceError("unavailable", "The image data cannot be fetched from the edge.", {
    cause: new Error(`the edge answered ${answer.status}`),
  });
}
