/** Images by the API that both services have: made, filled, fetched and removed. */
import { type Access, ask } from "./ask.ts";
import { receive, type Sending, send } from "./bytes.ts";

const FORMATS = { disk_format: "raw", container_format: "bare" };

const pathOf = (id: string) => `/v2/images/${id}`;

/** Resolves with its id. */
export async function createImage(access: Access, fields: Record<string, unknown> = {}): Promise<string> {
  const answer = await ask(access, "POST", "/v2/images", { name: "bench", ...FORMATS, ...fields });
  return (JSON.parse(answer) as { id: string }).id;
}

/** An upload: into which store, where that is not the service's own choice, and whether its length is said. */
export interface Upload extends Sending {
  readonly store?: string;
  readonly known?: boolean;
}

/** Fills an image. Without a length, as stock clients do, unless it is to be `known`. */
export async function upload(
  { url, headers }: Access,
  id: string,
  { store, known = false, ...sending }: Upload,
): Promise<void> {
  const more = {
    "content-type": "application/octet-stream",
    ...(store ? { "x-image-meta-store": store } : {}),
    ...(known ? { "content-length": String(sending.bytes) } : {}),
  };
  await send(`${url}${pathOf(id)}/file`, { ...headers, ...more }, sending);
}

/** Makes an image and fills it; resolves with its id. */
export async function uploaded(access: Access, how: Upload): Promise<string> {
  const id = await createImage(access);
  await upload(access, id, how);
  return id;
}

/** Fetches so many bytes of an image, which are all that it has, or those of the range. */
export async function download(
  { url, headers }: Access,
  id: string,
  { bytes, range }: { bytes: number; range?: string },
): Promise<void> {
  await receive(`${url}${pathOf(id)}/file`, { ...headers, ...(range ? { range } : {}) }, bytes);
}

/** Its record. */
export async function showImage(access: Access, id: string): Promise<Record<string, unknown>> {
  return JSON.parse(await ask(access, "GET", pathOf(id)));
}

/** Resolves when it is gone. */
export async function deleteImage(access: Access, id: string): Promise<void> {
  await ask(access, "DELETE", pathOf(id));
}
