import { z } from "zod";
import { discard, jsonOf, lengthOf } from "../outbound/answers.ts";
import type { OpenBlob } from "./contract.ts";
import type { StorePlatform } from "./platform.ts";
import type { SwiftClient } from "./swift-client.ts";
import { largeObjectEtag, type SwiftSegment } from "./swift-manifest.ts";
import { etagOf, isStatic } from "./swift-objects.ts";

/** Enough for some 5,000 segments; objects with more are left to the server. */
const MANIFEST_BYTES = 1024 * 1024;

/**
 * A whole object of the account. A manifest may also name ranges, other manifests or inline bytes, which are left to
 * the server.
 */
const whole = z.strictObject({
  // Becomes the path of our requests, so it must have no empty segment, which would be dropped.
  name: z.string().regex(/^(?:\/[^/]+){2,}$/),
  bytes: z.number().int().positive(),
  hash: z.string().regex(/^[0-9a-f]{32}$/i),
  content_type: z.string().optional(),
  last_modified: z.string().optional(),
});
const manifest = z.array(whole).min(1);

/**
 * Opens the object segment by segment. A server that assembles a large object hashes every byte again, and fetches a
 * segment only when it has sent the one before. For any other object, returns the answer to a GET. Undefined if the
 * caller must send one itself, as where bodies cannot be joined.
 */
export async function openSegments(
  client: SwiftClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<OpenBlob | Response | undefined> {
  const { join } = client.platform;
  if (!join) return undefined;
  // For any other object the query has no effect.
  const response = await client.ask({ method: "GET", path, query: "multipart-manifest=get", signal });
  if (!isLarge(response)) return response;
  const isReadable = isStatic(response) && (lengthOf(response) ?? Infinity) <= MANIFEST_BYTES;
  const told = isReadable ? await client.textOf(response) : await discard(response);
  const { data: named } = manifest.safeParse(jsonOf(told ?? ""));
  if (!named) return undefined;
  const segments = named.map(({ bytes, hash, name }) => ({ name: name.slice(1), etag: hash, bytes }));
  return {
    size: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    version: await largeObjectEtag(client, segments),
    body: await bodyOf(client, segments, { join, signal }),
  };
}

/**
 * A dynamic large object has no bytes of its own; for a static one, Ceph says nothing about its manifest
 * (docs/decisions/0018-large-objects-in-swift.md).
 */
const isLarge = (response: Response): boolean =>
  response.ok &&
  (isStatic(response) || response.headers.has("x-object-manifest") || lengthOf(response) === 0);

/** Once this resolves, the first segment has begun to arrive. */
async function bodyOf(
  client: SwiftClient,
  segments: readonly SwiftSegment[],
  { join, signal }: { join: NonNullable<StorePlatform["join"]>; signal: AbortSignal | undefined },
): Promise<ReadableStream<Uint8Array>> {
  const [first, ...others] = segments.map((segment) => ({
    length: segment.bytes,
    open: (until: AbortSignal | undefined) => openSegment(client, segment, until),
  }));
  const opened = await first?.open(signal);
  const parts = first && opened ? [{ ...first, open: async () => opened }, ...others] : [];
  const { idleSeconds } = client;
  return join(parts, { idleSeconds, failure: (cause) => client.brokeOff(cause) });
}

/** Rejects if the segment is not what the manifest says. */
async function openSegment(
  client: SwiftClient,
  { bytes, etag, name }: SwiftSegment,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const response = await client.ask({ method: "GET", path: name, signal });
  if (response.status === 200 && lengthOf(response) === bytes && etagOf(response) === etag.toLowerCase())
    return response.body as ReadableStream<Uint8Array>;
  await discard(response);
  if (!response.ok) throw client.failed("GET", response);
  throw client.unexpected("a segment is not what the manifest says");
}
