import { dataOf, type Schemas } from "./api.ts";
import type { NameIn, ParametersIn } from "./calls.ts";
import { ClientError } from "./errors.ts";
import type { operations } from "./generated/api.ts";
import { given } from "./given.ts";
import type { Session } from "./session.ts";
import type { Bytes } from "./transport.ts";

/** An image as the API shows it: base attributes, and one top-level string for each additional property. */
export type Image = Schemas["Image"];
export type ImageFields = Schemas["ImageCreate"];
/** Its `path` is a JSON pointer of one token; `pointerTo` makes it. */
export type PatchOperation = Schemas["PatchOperation"];
export type StoreInfo = Schemas["Store"];

type ListParameters = ParametersIn<"query", operations["list_images"]>;

/** What images of a list have; additional properties are in `properties`. */
export type ImageFilters = Omit<ListParameters, "limit" | "marker" | "sort" | "sort_key" | "sort_dir">;

export interface ListQuery {
  /** At most so many images in all. */
  readonly limit?: number | undefined;
  /** So many in each request. */
  readonly pageSize?: number | undefined;
  readonly sort?: string | undefined;
  readonly sortKeys?: ListParameters["sort_key"] | undefined;
  readonly sortDirs?: ListParameters["sort_dir"] | undefined;
  readonly filters?: ImageFilters | undefined;
}

export interface UploadOptions {
  /** Told to the service when known, so that a body that is too short or too long is refused. */
  readonly size?: number | undefined;
  /** The store that takes the bytes; the service's default otherwise. */
  readonly store?: string | undefined;
}

const PAGE_SIZE = 100;
const JSON_PATCH = "application/openstack-images-v2.1-json-patch";

/** The parameter that says which image. */
export const ofImage = (id: string) => ({ path: { image_id: id } });

/** Fields whose names the document does not have are additional properties, and those are texts. */
export const createImage = <F extends ImageFields>(session: Session, fields: F & Texts<F>): Promise<Image> =>
  dataOf(session.api.POST("/v2/images", { body: fields }));

/**
 * No index signature can say it: TypeScript would hold `min_disk` to it as well. Of fields that are known only when the
 * program runs nothing is known either.
 */
type Texts<F> = string extends keyof F
  ? unknown
  : { readonly [K in Exclude<keyof F, NameIn<ImageFields>>]: string };

export const showImage = (session: Session, id: string): Promise<Image> =>
  dataOf(session.api.GET("/v2/images/{image_id}", { params: ofImage(id) }));

export async function deleteImage(session: Session, id: string): Promise<void> {
  await session.api.DELETE("/v2/images/{image_id}", { params: ofImage(id) });
}

export const updateImage = (session: Session, id: string, operations: PatchOperation[]): Promise<Image> =>
  dataOf(
    session.api.PATCH("/v2/images/{image_id}", {
      params: ofImage(id),
      headers: { "content-type": JSON_PATCH },
      body: operations,
    }),
  );

export const pointerTo = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Every image the query matches, page after page, as they are asked for. */
export async function* listImages(session: Session, query: ListQuery = {}): AsyncGenerator<Image> {
  const { limit, pageSize = PAGE_SIZE, sort, sortKeys, sortDirs, filters } = query;
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  const parameters = given<ListParameters>({
    limit: Math.min(pageSize, left),
    sort,
    sort_key: sortKeys,
    sort_dir: sortDirs,
    ...filters,
  });
  let page = await dataOf(session.api.GET("/v2/images", { params: { query: parameters } }));
  for (;;) {
    yield* page.images.slice(0, left);
    left -= page.images.length;
    if (page.next === undefined || left <= 0) return;
    const search = searchOf(page.next, "/v2/images");
    page = await dataOf(session.api.GET("/v2/images", { querySerializer: () => search }));
  }
}

/** Links are paths (spec: JSON conventions); one that leads elsewhere would take our token along. */
export function searchOf(link: string, path: string): string {
  if (link.startsWith(`${path}?`)) return link.slice(path.length);
  throw new ClientError(`The service's list goes on at "${link}", which is not a path of the Image API.`);
}

/** Sends an image's bytes; resolves when the image is active. Chunked, as every stock client sends them. */
export async function uploadImage(
  session: Session,
  id: string,
  body: Bytes,
  { size, store }: UploadOptions = {},
): Promise<void> {
  const header = given<ParametersIn<"header", operations["upload_image_data"]>>({
    "X-Openstack-Image-Size": size,
    "X-Image-Meta-Store": store,
  });
  await session.api.PUT("/v2/images/{image_id}/file", { params: { ...ofImage(id), header }, body });
}

export interface ImageData {
  /** Absent when the service did not say. */
  readonly size: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** An image's bytes, or nothing for an image that has none yet. */
export async function downloadImage(session: Session, id: string): Promise<ImageData | undefined> {
  const { data, response } = await session.api.GET("/v2/images/{image_id}/file", {
    params: ofImage(id),
    headers: { accept: "*/*" },
    parseAs: "stream",
  });
  if (response.status === 204) return undefined;
  const length = response.headers.get("Content-Length");
  return { size: length === null ? undefined : Number(length), body: data ?? new Blob([]).stream() };
}

/** The stores a caller may name, or nothing from a service that has but one and does not tell. */
export async function listStores(session: Session): Promise<readonly StoreInfo[] | undefined> {
  try {
    return (await dataOf(session.api.GET("/v2/info/stores"))).stores;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return undefined;
    throw error;
  }
}
