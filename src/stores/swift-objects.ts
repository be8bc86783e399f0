import { z } from "zod";
import { discard, jsonOf, lengthOf } from "../outbound/answers.ts";
import type { BlobKey } from "./contract.ts";
import type { SwiftClient } from "./swift-client.ts";
import { isSegmentOf, type SwiftObject, segmentPrefix } from "./swift-location.ts";

/** The metadata by which the writer of an object recognises it. */
export const MARK_HEADER = "x-object-meta-glimpse-upload";

/** The number of names in a page of a listing, and of removals at a time. */
const PAGE = 1000;
const AT_ONCE = 4;

/** What the head of an answer says about an object. */
export interface SwiftHead {
  /** The number of bytes that a reader gets. */
  readonly size: number;
  readonly etag: string;
  readonly mark?: string;
  readonly isStatic: boolean;
  /** `<container>/<prefix>` of a dynamic large object. */
  readonly manifest?: string;
}

export const etagOf = ({ headers }: Response): string =>
  (headers.get("etag") ?? "").replace(/^"(.*)"$/, "$1").toLowerCase();

export const isStatic = ({ headers }: Response): boolean =>
  /^true$/i.test(headers.get("x-static-large-object") ?? "");

export async function headOf(
  client: SwiftClient,
  { container, key }: SwiftObject,
): Promise<SwiftHead | undefined> {
  const response = await client.ask({ method: "HEAD", path: `${container}/${key}` });
  await discard(response);
  if (response.status === 404) return undefined;
  const size = lengthOf(response);
  if (!response.ok || size === undefined) throw client.failed("HEAD", response);
  const mark = response.headers.get(MARK_HEADER);
  const manifest = response.headers.get("x-object-manifest");
  return {
    size,
    etag: etagOf(response),
    isStatic: isStatic(response),
    ...(mark === null ? {} : { mark }),
    ...(manifest === null ? {} : { manifest: decoded(manifest) }),
  };
}

/** As python-swiftclient writes it, percent-encoded. */
function decoded(manifest: string): string {
  try {
    return decodeURIComponent(manifest);
  } catch {
    return manifest;
  }
}

/** Removes an object; of a large object only the manifest. Succeeds if it does not exist. */
export async function removeObject(client: SwiftClient, container: string, name: string): Promise<void> {
  const response = await client.ask({ method: "DELETE", path: `${container}/${name}` });
  await discard(response);
  if (!response.ok && response.status !== 404) throw client.failed("DELETE", response);
}

/** Removes several at a time. All are tried, and the first failure is reported. */
export async function removeObjects(
  client: SwiftClient,
  container: string,
  names: readonly string[],
): Promise<void> {
  const left = [...names];
  const failures: unknown[] = [];
  const work = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop())
      await removeObject(client, container, name).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, names.length) }, work));
  if (failures.length > 0) throw failures[0];
}

const outcome = z.object({ "Response Status": z.string(), Errors: z.array(z.unknown()).default([]) });

/** Removes a static large object's manifest and segments. The server does this, and reports the result at the end. */
export async function removeStatic(client: SwiftClient, { container, key }: SwiftObject): Promise<void> {
  const response = await client.ask({
    method: "DELETE",
    path: `${container}/${key}`,
    query: "multipart-manifest=delete",
    headers: { accept: "application/json" },
    seconds: client.idleSeconds,
  });
  if (response.status === 404) return discard(response);
  if (!response.ok) throw client.failed("DELETE", response);
  const text = await client.textOf(response);
  const told = outcome.safeParse(jsonOf(text));
  if (!told.success || !told.data["Response Status"].startsWith("200") || told.data.Errors.length > 0)
    throw client.unexpected(`it did not remove all of a large object: ${text.trim().slice(0, 300)}`);
}

export interface Listed {
  readonly name: string;
  readonly bytes: number;
  readonly hash: string;
}

const page = z.array(
  z.union([
    z.object({ name: z.string(), bytes: z.number().default(0), hash: z.string().default("") }),
    z.object({ subdir: z.string() }),
  ]),
);

/**
 * The container's objects with the prefix, page by page; none if there is no container. `""` as container lists the
 * containers.
 */
export async function* listed(client: SwiftClient, container: string, prefix: string): AsyncIterable<Listed> {
  for (let marker = ""; ; ) {
    const asked = { format: "json", limit: String(PAGE), prefix, ...(marker === "" ? {} : { marker }) };
    const response = await client.ask({
      method: "GET",
      path: container,
      query: new URLSearchParams(asked).toString(),
    });
    if (response.status === 404 || response.status === 204) return await discard(response);
    if (!response.ok) throw client.failed("GET", response);
    const names = page.safeParse(jsonOf(await client.textOf(response)));
    if (!names.success) throw client.unexpected("its listing is none");
    if (names.data.length === 0) return;
    const entries = names.data.filter((entry) => "name" in entry);
    const last = entries.at(-1);
    // A server that does not heed the marker would give the same page for ever.
    if (last === undefined || entries.some(({ name }) => name === marker))
      throw client.unexpected("its listing does not go on after a marker");
    yield* entries;
    marker = last.name;
  }
}

/**
 * Removes what is left of writing the key: Glance's segments and ours, or only those of the upload with the given mark.
 */
export async function removeSegments(
  client: SwiftClient,
  { container, key }: SwiftObject,
  mark?: string,
): Promise<void> {
  const prefix = mark === undefined ? `${key}-` : segmentPrefix(key, mark);
  const names: string[] = [];
  for await (const { name } of listed(client, container, prefix))
    if (isSegmentOf(key, name)) names.push(name);
  await removeObjects(client, container, names);
}

/**
 * Whether a dynamic manifest names segments that belong to this key alone: `<key>-` as Glance writes it, or `<key>/` as
 * python-swiftclient does. Anything else must not be removed.
 */
export function ownSegments(
  key: BlobKey,
  manifest: string,
): { container: string; prefix: string } | undefined {
  const slash = manifest.indexOf("/");
  const container = manifest.slice(0, Math.max(0, slash));
  const prefix = manifest.slice(slash + 1);
  const own = container !== "" && (prefix.startsWith(`${key}-`) || prefix.startsWith(`${key}/`));
  return own ? { container, prefix } : undefined;
}
