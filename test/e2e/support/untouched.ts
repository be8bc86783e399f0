import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "vitest";
import { downloadImage } from "../../../client/images.ts";
import { deleteImage, eventually, md5, show, someBytes, storedIn, upload } from "./images.ts";
import type { Service } from "./service.ts";
import { expectShown } from "./shown.ts";

export const isQueued =
  (service: Service, id: string, url = service.url) =>
  async () =>
    (await show(service, id, url)).status === "queued";

/** After a failed upload nothing is left of it, and the next one succeeds. */
export async function expectUntouched(
  service: Service,
  id: string,
  before: readonly string[],
): Promise<void> {
  await eventually("the image is queued", isQueued(service, id));
  await expectShown(service, id, { size: null, checksum: null });
  await eventually("nothing is left over", () => storedIn(service).join() === before.join());
  const body = someBytes(3 * 1024 * 1024);
  expect(await upload(service, id, body)).toBe(204);
  const data = await downloadImage(await service.client(), id);
  expect(md5(await buffer(data?.body ?? Readable.from([])))).toBe(md5(body));
  await deleteImage(service, id);
}
