import { ClientError } from "./errors.ts";
import { type BodySource, jsonOf, jsonRequest, type Session } from "./session.ts";
import { textOf } from "./transport.ts";

/** An image as the API shows it: base attributes, and one top-level string for each additional property. */
export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly size: number | null;
  readonly checksum: string | null;
  readonly os_hash_algo: string | null;
  readonly os_hash_value: string | null;
  readonly tags: readonly string[];
  readonly [attribute: string]: unknown;
}

export type ImageFields = Readonly<Record<string, unknown>>;

export interface PatchOperation {
  readonly op: "add" | "replace" | "remove";
  /** A JSON pointer of one token; `pointerTo` makes it. */
  readonly path: string;
  readonly value?: unknown;
}

export interface ListQuery {
  /** At most so many images in all. */
  readonly limit?: number | undefined;
  /** So many in each request. */
  readonly pageSize?: number | undefined;
  readonly sort?: string | undefined;
  readonly sortKeys?: readonly string[];
  readonly sortDirs?: readonly string[];
  readonly tags?: readonly string[];
  /** Every other filter: attributes and additional properties. */
  readonly filters?: Readonly<Record<string, string>>;
}

export interface UploadOptions {
  /** Told to the service when known, so that a body that is too short or too long is refused. */
  readonly size?: number | undefined;
  /** The store that takes the bytes; the service's default otherwise. */
  readonly store?: string | undefined;
}

export interface StoreInfo {
  readonly id: string;
  readonly description?: string;
  readonly default?: string;
}

const PAGE_SIZE = 100;
const JSON_PATCH = "application/openstack-images-v2.1-json-patch";

/** Where an image is; rejects an empty id, whose path would be another. */
export const imagePath = (id: string): string => {
  if (!id) throw new ClientError("An image id is empty.");
  return `/v2/images/${encodeURIComponent(id)}`;
};

export async function createImage(session: Session, fields: ImageFields): Promise<Image> {
  return jsonOf(await session.image(jsonRequest("POST", "/v2/images", fields)));
}

export async function showImage(session: Session, id: string): Promise<Image> {
  return jsonOf(await session.image(jsonRequest("GET", imagePath(id))));
}

export async function deleteImage(session: Session, id: string): Promise<void> {
  await textOf(await session.image(jsonRequest("DELETE", imagePath(id))));
}

export async function updateImage(
  session: Session,
  id: string,
  operations: readonly PatchOperation[],
): Promise<Image> {
  return jsonOf(
    await session.image({
      method: "PATCH",
      path: imagePath(id),
      headers: { accept: "application/json", "content-type": JSON_PATCH },
      body: JSON.stringify(operations),
    }),
  );
}

export const pointerTo = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Every image the query matches, page after page, as they are asked for. */
export async function* listImages(session: Session, query: ListQuery = {}): AsyncGenerator<Image> {
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let next: string | undefined = `/v2/images?${listParameters(query, left)}`;
  while (next && left > 0) {
    const page: ImagePage = await jsonOf(await session.image(jsonRequest("GET", next)));
    for (const image of page.images.slice(0, left)) yield image;
    left -= page.images.length;
    next = page.next === undefined ? undefined : samePlace(page.next);
  }
}

interface ImagePage {
  readonly images: readonly Image[];
  readonly next?: string;
}

/** Links are paths (spec: JSON conventions); one that leads elsewhere would take our token along. */
export function samePlace(link: string): string {
  if (link.startsWith("/v2/")) return link;
  throw new ClientError(`The service's list goes on at "${link}", which is not a path of the Image API.`);
}

function listParameters(query: ListQuery, left: number): URLSearchParams {
  const parameters = new URLSearchParams(query.filters ?? {});
  parameters.set("limit", String(Math.min(query.pageSize ?? PAGE_SIZE, left)));
  for (const tag of query.tags ?? []) parameters.append("tag", tag);
  if (query.sort !== undefined) parameters.set("sort", query.sort);
  for (const key of query.sortKeys ?? []) parameters.append("sort_key", key);
  for (const dir of query.sortDirs ?? []) parameters.append("sort_dir", dir);
  return parameters;
}

/** Sends an image's bytes; resolves when the image is active. Chunked, as every stock client sends them. */
export async function uploadImage(
  session: Session,
  id: string,
  body: BodySource,
  options: UploadOptions = {},
): Promise<void> {
  const response = await session.image({
    method: "PUT",
    path: `${imagePath(id)}/file`,
    headers: {
      accept: "application/json",
      "content-type": "application/octet-stream",
      ...(options.size === undefined ? {} : { "x-openstack-image-size": String(options.size) }),
      ...(options.store === undefined ? {} : { "x-image-meta-store": options.store }),
    },
    body,
  });
  await textOf(response);
}

export interface ImageData {
  /** Absent when the service did not say. */
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** An image's bytes, or nothing for an image that has none yet. */
export async function downloadImage(session: Session, id: string): Promise<ImageData | undefined> {
  const response = await session.image({
    method: "GET",
    path: `${imagePath(id)}/file`,
    headers: { accept: "*/*" },
  });
  if (response.status === 204) {
    await textOf(response);
    return undefined;
  }
  const length = response.headers.get("content-length");
  return { size: length === null ? undefined : Number(length), body: response.body };
}

/** The stores a caller may name, or nothing from a service that has but one and does not tell. */
export async function listStores(session: Session): Promise<readonly StoreInfo[] | undefined> {
  try {
    const answer = await jsonOf<{ stores: StoreInfo[] }>(
      await session.image(jsonRequest("GET", "/v2/info/stores")),
    );
    return answer.stores;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return undefined;
    throw error;
  }
}
