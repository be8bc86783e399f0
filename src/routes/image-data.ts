import { Hono } from "hono";
import { type Download, downloadImage } from "../actions/download-image.ts";
import { scopeOf } from "../actions/scope.ts";
import { uploadImage } from "../actions/upload-image.ts";
import type { AppTypes } from "../http/app-types.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { bytesHead, emptyResponse, wantedDownload, wantedUpload } from "./image-data-headers.ts";

const PATH = "/v2/images/:image_id/file";

/** The routes that move bytes. They are apart from the metadata routes, because a site's relay serves them itself. */
export const imageData = new Hono<AppTypes>();

imageData.use(PATH, allow("GET", "PUT"));

imageData.put(PATH, async (c) => {
  const upload = uploadImage(scopeOf(c), {
    ...wantedUpload(c.req.param("image_id"), (name) => c.req.header(name)),
    body: c.req.raw.body,
    signal: c.req.raw.signal,
  });
  // A client that goes away ends the request, but the image's object must still be told to give up the upload.
  c.executionCtx.waitUntil(upload.catch(() => undefined));
  await upload;
  return c.body(null, 204);
});

imageData.get(PATH, async (c) => {
  await requireNoBody(c.req.raw);
  return bytesResponse(await downloadImage(scopeOf(c), wantedDownload(c, c.req.param("image_id"))));
});

function bytesResponse(download: Download): Response {
  if (download.kind !== "bytes") return emptyResponse(download);
  const { status, headers } = bytesHead(download);
  return new Response(download.body, { status, headers });
}
