import { createHash, randomBytes } from "node:crypto";
import { type Dirent, existsSync, readdirSync } from "node:fs";
import { request as ask, type ClientRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { defaultPathSerializer } from "openapi-fetch";
import { BYTES_TYPE, type ParametersIn, type Path, TOKEN_HEADER } from "../../../client/calls.ts";
import type { operations } from "../../../client/generated/api.ts";
import { given } from "../../../client/given.ts";
import type { Image, ImageFields, PatchOperation } from "../../../client/images.ts";
import * as images from "../../../client/images.ts";
import { NotDescribed } from "../../support/contract.ts";
import { statusOf } from "./asked.ts";
import { heldStatus, unlessNotDescribed } from "./held.ts";
import type { Service } from "./service.ts";

export async function createImage(
  service: Service,
  fields: Partial<ImageFields> = {},
  token?: string,
): Promise<string> {
  const formats = { disk_format: "raw", container_format: "bare" } as const;
  return (await images.createImage(await service.client(token), { name: "test", ...formats, ...fields })).id;
}

export const show = async (service: Service, id: string, url = service.url): Promise<Image> =>
  images.showImage(await service.client(undefined, url), id);

/** The status of a patch. */
export async function patch(service: Service, id: string, body: PatchOperation[]): Promise<number> {
  const { api } = await service.client();
  const params = images.ofImage(id);
  const headers = { "content-type": "application/openstack-images-v2.1-json-patch" } as const;
  return (await api.PATCH("/v2/images/{image_id}", { params, headers, body })).response.status;
}

/** The status of the answer to who asks for an image. */
export const showStatus = async (service: Service, id: string, url = service.url): Promise<number> =>
  statusOf(
    (await service.client(undefined, url)).api.GET("/v2/images/{image_id}", { params: images.ofImage(id) }),
  );

/** The status of the answer to who asks for a list: as the administrator, or as whoever has the token. */
export const listStatus = async (service: Service, token?: string, url = service.url): Promise<number> =>
  statusOf((await service.client(token, url)).api.GET("/v2/images", { params: { query: { limit: 1 } } }));

export interface Download {
  readonly status: number;
  readonly bytes: Buffer;
  readonly size: string | null;
  readonly md5: string | null;
  readonly requestId: string | null;
}

/** An image's data; rejects `ClientError` where there is none to be had. */
export async function download(
  service: Service,
  id: string,
  { range, requestId, token, url = service.url }: DownloadOptions = {},
): Promise<Download> {
  const { api } = await service.client(token, url);
  const header = given<ParametersIn<"header", operations["download_image_data"]>>({
    Range: range,
    "X-Openstack-Request-Id": requestId,
  });
  const params = { ...images.ofImage(id), header };
  const { data, response } = await api.GET("/v2/images/{image_id}/file", { params, parseAs: "stream" });
  return {
    status: response.status,
    bytes: await buffer(data ?? Readable.from([])),
    size: response.headers.get("Content-Length"),
    md5: response.headers.get("Content-MD5"),
    requestId: response.headers.get("X-Openstack-Request-Id"),
  };
}

interface DownloadOptions {
  readonly range?: string;
  readonly requestId?: string;
  readonly token?: string;
  readonly url?: string;
}

/** The status of the answer to who asks for an image's data, which is read, or 0 where the connection broke. */
export const downloadStatus = (service: Service, id: string, options?: DownloadOptions): Promise<number> =>
  statusOf(download(service, id, options).then((response) => ({ response })));

/** Headers of an upload, as they are sent: those of the document, and those that say how long it is. */
export type UploadHeaders = {
  readonly [Name in
    | Lowercase<keyof ParametersIn<"header", operations["upload_image_data"]>>
    | "content-length"
    | "transfer-encoding"
    | typeof TOKEN_HEADER]?: string;
};

export const into = (store: string): UploadHeaders => ({ "x-image-meta-store": store });

export interface Upload {
  readonly request: ClientRequest;
  /** Of the answer, which is held against the document. Rejects when the connection breaks. */
  readonly status: Promise<number>;
}

const DATA_PATH = "/v2/images/{image_id}/file" satisfies Path;

/** An upload whose body the test sends piece by piece, without a length unless it gives one. */
export async function beginUpload(
  service: Service,
  id: string,
  headers: UploadHeaders = {},
  url = service.url,
): Promise<Upload> {
  const { path } = images.ofImage(id) satisfies Pick<operations["upload_image_data"]["parameters"], "path">;
  const target = defaultPathSerializer(DATA_PATH, path);
  const sent = { "content-type": BYTES_TYPE, [TOKEN_HEADER]: await service.token(), ...headers };
  const request = ask(url + target, { method: "PUT", agent: false, headers: sent });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
  });
  const asked = { method: "PUT", target, sent: new Headers(sent) };
  const status = answer.then((message) => heldStatus(asked, message));
  status.catch(() => undefined);
  return { request, status };
}

/** Uploads bytes whole; the status, or 0 when the connection broke. */
export async function upload(
  service: Service,
  id: string,
  body: Buffer,
  headers: UploadHeaders = {},
  url = service.url,
): Promise<number> {
  const { request, status } = await beginUpload(service, id, headers, url);
  request.end(body);
  return (await status.catch(unlessNotDescribed)) ?? 0;
}

export const someBytes = (size: number): Buffer => randomBytes(size);
export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
export const sha512 = (bytes: Buffer): string => createHash("sha512").update(bytes).digest("hex");

/** All that the stores keep: every file of the directory, partial ones included, and what is in the simulated R2. */
export const storedIn = (service: Service): string[] => [...filesIn(service), ...r2In(service)].sort();

export function filesIn(service: Service): string[] {
  const found: Dirent[] = readdirSync(join(service.dataDir, "images"), {
    recursive: true,
    withFileTypes: true,
  });
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Objects, and uploads in parts that are neither completed nor aborted, each with its parts: Miniflare's own tables. */
const R2_LISTING = `
  SELECT 'r2/' || key AS name FROM _mf_objects
  UNION ALL SELECT 'r2/' || key || ' in parts' FROM _mf_multipart_uploads WHERE state = 0
  UNION ALL SELECT 'r2/' || key || ' part ' || part_number
    FROM _mf_multipart_parts JOIN _mf_multipart_uploads USING (upload_id) WHERE state = 0`;

function r2In(service: Service): string[] {
  const dir = join(service.dataDir, "worker/r2/miniflare-R2BucketObject");
  const bucket = existsSync(dir) && readdirSync(dir).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  if (!bucket) return [];
  const tables = new DatabaseSync(join(dir, bucket), { readOnly: true });
  try {
    return tables
      .prepare(R2_LISTING)
      .all()
      .map(({ name }) => String(name));
  } finally {
    tables.close();
  }
}

/** Waits until a condition holds: what the service does by itself has no other sign of its end. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  seconds = 20,
): Promise<void> {
  const until = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < until) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      if (error instanceof NotDescribed) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen within ${seconds} seconds`, { cause: last });
}

export const remove = async (service: Service, id: string): Promise<void> =>
  images.deleteImage(await service.client(), id);

/** Deletes an image and waits until none of its bytes is left, under whatever key. */
export async function deleteImage(service: Service, id: string): Promise<void> {
  await remove(service, id);
  await eventually("its bytes are gone", () => !storedIn(service).some((name) => name.includes(id)));
}
