import { discard } from "../outbound/answers.ts";
import { pause } from "../outbound/retry.ts";
import type { SwiftClient } from "./swift-client.ts";
import type { SwiftCapabilities } from "./swift-info.ts";
import { type SwiftObject, segmentPrefix } from "./swift-location.ts";
import { etagOf, headOf, listed, MARK_HEADER, removeObject, type SwiftHead } from "./swift-objects.ts";

/** An object that is to be written, and the mark of the upload that writes it. */
export interface SwiftTarget extends SwiftObject {
  readonly client: SwiftClient;
  readonly mark: string;
}

/** A segment that the server has accepted. */
export interface SwiftSegment {
  readonly name: string;
  readonly etag: string;
  readonly bytes: number;
}

/** Ceph ignores it (docs/decisions/0018-large-objects-in-swift.md): there the key is checked just before. */
const IF_ABSENT = { "if-none-match": "*" };

/** Multiplies the usual time limit: the server looks at each segment before it answers. */
const MANIFEST_PATIENCE = 10;

/** A listing shows a new object a little later. */
const LISTING_TRIES = 6;

/**
 * Makes the object from its segments, in this order: a static large object if the server supports one of so many
 * segments, otherwise a dynamic one. Once this resolves, a reader finds all of it. Rejects `conflict` if the key is
 * taken.
 */
export async function writeManifest(
  target: SwiftTarget,
  segments: readonly SwiftSegment[],
  { slo }: SwiftCapabilities,
): Promise<void> {
  const isStatic = slo !== undefined && segments.length <= slo.maxSegments;
  if (isStatic) await putStatic(target, segments);
  else await putDynamic(target, segments);
  const size = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const made = await headOf(target.client, target);
  if (made?.size === size) return;
  await removeOwn(target, segments);
  throw target.client.unexpected(`its large object has ${made?.size} bytes and not ${size}`);
}

/** Puts a small or empty object, which can be sent again. */
export async function putBytes(target: SwiftTarget, bytes: Uint8Array, md5: string): Promise<void> {
  const etag = await put(target, { body: bytes, headers: { etag: md5 } });
  if (etag === undefined || etag === md5) return;
  await removeOwn(target, []);
  throw target.client.unexpected("it has other bytes than it was given");
}

/** The same, but leaves nothing behind if it fails. */
export async function putOwn(target: SwiftTarget, bytes: Uint8Array, md5: string): Promise<void> {
  try {
    await putBytes(target, bytes, md5);
  } catch (error) {
    await removeOwn(target, []).catch(() => {});
    throw error;
  }
}

/** Whether this upload made the object. Ceph keeps no metadata of a static manifest, so there the ETag decides. */
export async function isOwn(
  { client, key, mark }: SwiftTarget,
  head: SwiftHead,
  segments: readonly SwiftSegment[],
): Promise<boolean> {
  if (head.mark !== undefined) return head.mark === mark;
  if (!head.isStatic) return head.manifest?.endsWith(`/${segmentPrefix(key, mark)}`) ?? false;
  return segments.length > 0 && head.etag === (await largeObjectEtag(client, segments));
}

/** Removes the object if this upload made it; of a large object only the manifest. */
export async function removeOwn(target: SwiftTarget, segments: readonly SwiftSegment[]): Promise<void> {
  const { client, container, key } = target;
  const head = await headOf(client, target);
  if (head && (await isOwn(target, head, segments))) await removeObject(client, container, key);
}

/** The ETag of both kinds of large object: the MD5 of their segments' ETags. */
export async function largeObjectEtag(
  { platform }: SwiftClient,
  segments: readonly SwiftSegment[],
): Promise<string> {
  const md5 = platform.digest("md5");
  await md5.write(new TextEncoder().encode(segments.map(({ etag }) => etag).join("")));
  return md5.finish();
}

async function putStatic(target: SwiftTarget, segments: readonly SwiftSegment[]): Promise<void> {
  const manifest = segments.map(({ name, etag, bytes }) => ({
    path: `/${target.container}/${name}`,
    etag,
    size_bytes: bytes,
  }));
  const query = "multipart-manifest=put";
  const seconds = target.client.answerSeconds * MANIFEST_PATIENCE;
  await put(target, { query, body: JSON.stringify(manifest), seconds }, segments);
}

async function putDynamic(target: SwiftTarget, segments: readonly SwiftSegment[]): Promise<void> {
  const prefix = segmentPrefix(target.key, target.mark);
  await requireListed(target, prefix, segments);
  const headers = { "x-object-manifest": `${target.container}/${prefix}` };
  await put(target, { body: "", headers }, segments);
}

/** A dynamic object is whatever a listing shows, so the listing must show exactly these segments. */
async function requireListed(
  { client, container }: SwiftTarget,
  prefix: string,
  segments: readonly SwiftSegment[],
): Promise<void> {
  const wanted = segments.map(({ name, etag, bytes }) => `${name} ${etag} ${bytes}`).join("\n");
  for (let tries = 1; ; tries++) {
    const found: string[] = [];
    for await (const { name, hash, bytes } of listed(client, container, prefix))
      found.push(`${name} ${hash} ${bytes}`);
    if (found.join("\n") === wanted) return;
    if (tries === LISTING_TRIES)
      throw client.unexpected("its listing does not show the segments that it has taken");
    await pause(tries * 1000);
  }
}

/** The object's ETag; undefined if an earlier attempt had already written it. */
async function put(
  target: SwiftTarget,
  ask: { body: string | Uint8Array; query?: string; headers?: Record<string, string>; seconds?: number },
  segments: readonly SwiftSegment[] = [],
): Promise<string | undefined> {
  const { client, container, key, mark } = target;
  const common = { "content-type": "application/octet-stream", [MARK_HEADER]: mark, ...IF_ABSENT };
  const response = await client.ask({
    ...ask,
    method: "PUT",
    path: `${container}/${key}`,
    headers: { ...common, ...ask.headers },
  });
  await discard(response);
  if (response.ok) return etagOf(response);
  // An earlier attempt may have succeeded although its answer was lost.
  const head = response.status === 412 ? await headOf(client, target) : undefined;
  if (head && (await isOwn(target, head, segments))) return undefined;
  if (response.status === 404) client.forgetContainer(container);
  throw client.failed("PUT", response);
}
