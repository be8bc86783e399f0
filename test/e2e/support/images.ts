import { createHash, randomBytes } from "node:crypto";
import { type Dirent, existsSync, readdirSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Image, ImageFields, PatchOperation } from "../../../client/images.ts";
import * as images from "../../../client/images.ts";
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
  const params = { path: { image_id: id } };
  const headers = { "content-type": "application/openstack-images-v2.1-json-patch" } as const;
  return (await api.PATCH("/v2/images/{image_id}", { params, headers, body })).response.status;
}

export interface Upload {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
}

/** An upload whose body the test sends piece by piece, without a length unless it gives one. */
export async function beginUpload(
  service: Service,
  id: string,
  headers: Record<string, string> = {},
  url = service.url,
): Promise<Upload> {
  const token = await service.token();
  const sent = request(`${url}/v2/images/${id}/file`, {
    method: "PUT",
    agent: false,
    headers: { "content-type": "application/octet-stream", "x-auth-token": token, ...headers },
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    sent.once("error", reject);
  });
  response.catch(() => undefined);
  return { request: sent, response };
}

/** Uploads bytes whole; the status, or 0 when the connection broke. */
export async function upload(
  service: Service,
  id: string,
  body: Buffer,
  headers: Record<string, string> = {},
  url = service.url,
): Promise<number> {
  const { request: sent, response } = await beginUpload(service, id, headers, url);
  sent.end(body);
  return response.then(
    (answer) => answer.resume().statusCode ?? 0,
    () => 0,
  );
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
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen within ${seconds} seconds`, { cause: last });
}

/** Deletes an image and waits until none of its bytes is left, under whatever key. */
export async function deleteImage(service: Service, id: string): Promise<void> {
  await images.deleteImage(await service.client(), id);
  await eventually("its bytes are gone", () => !storedIn(service).some((name) => name.includes(id)));
}
