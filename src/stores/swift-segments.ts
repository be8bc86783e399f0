import { z } from "zod";
import { jsonOf, lengthOf } from "../outbound/answers.ts";
import type { OpenBlob } from "./contract.ts";
import type { StorePlatform } from "./platform.ts";
import { discard, type SwiftClient } from "./swift-client.ts";
import { largeObjectEtag, type SwiftSegment } from "./swift-manifest.ts";
import { etagOf, isStatic } from "./swift-objects.ts";

/** Of some 5,000 segments; who has more leaves them to the server. */
const MANIFEST_BYTES = 1024 * 1024;

/** An object of the account, whole. What else a manifest may name (ranges, manifests, bytes) the server puts together. */
const whole = z.strictObject({
  // Whose path our requests would have: an empty name within it they leave out.
  name: z.string().regex(/^(?:\/[^/]+){2,}$/),
  bytes: z.number().int().positive(),
  hash: z.string().regex(/^[0-9a-f]{32}$/i),
  content_type: z.string().optional(),
  last_modified: z.string().optional(),
});
const manifest = z.array(whole).min(1);

/**
 * The object, opened segment by segment: a server that puts a large one together hashes every byte once more, and asks for a
 * segment only when it has passed on the one before. Of any other object it is the answer to a GET; undefined where one is yet
 * to be asked for, as where bodies cannot be joined.
 */
export async function openSegments(
  client: SwiftClient,
  path: string,
  signal: AbortSignal | undefined,
): Promise<OpenBlob | Response | undefined> {
  const { join } = client.platform;
  if (!join) return undefined;
  // Of any other object the query says nothing.
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

/** A dynamic large object's own bytes are none, and Ceph says nothing of a static one's manifest (docs/decisions/0018). */
const isLarge = (response: Response): boolean =>
  response.ok &&
  (isStatic(response) || response.headers.has("x-object-manifest") || lengthOf(response) === 0);

/** When this resolves the first segment has begun to come. */
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

/** Rejects where it is not what the manifest says. */
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
  throw client.odd("a segment is not what the manifest says");
}
