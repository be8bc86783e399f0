import { Hono } from "hono";
import { type Download, downloadImage } from "../actions/download-image.ts";
import { scopeOf } from "../actions/scope.ts";
import { uploadImage } from "../actions/upload-image.ts";
import { ServiceError } from "../domain/errors.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { legacyRange } from "../http/byte-range.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";

const PATH = "/v2/images/:image_id/file";

/** The routes that move bytes, apart from those that answer with metadata: a site's relay takes these over. */
export const imageData = new Hono<AppTypes>();

imageData.use(PATH, allow("GET", "PUT"));

imageData.put(PATH, async (c) => {
  requireOctetStream(c);
  const size = announcedSize(c);
  const store = c.req.header("x-image-meta-store");
  const upload = uploadImage(scopeOf(c), {
    imageId: c.req.param("image_id"),
    body: c.req.raw.body,
    signal: c.req.raw.signal,
    ...(size === undefined ? {} : { size }),
    ...(store === undefined ? {} : { store }),
  });
  // A client that goes away ends the request; giving the upload up still has to reach the image's object.
  c.executionCtx.waitUntil(upload.catch(() => undefined));
  await upload;
  return c.body(null, 204);
});

imageData.get(PATH, async (c) => {
  await requireNoBody(c.req.raw);
  const range = c.req.header("range") ?? legacyRange(c.req.header("content-range"));
  const ifRange = c.req.header("if-range");
  const ifNoneMatch = c.req.header("if-none-match");
  const prefer = c.req.query("prefer");
  return bytesResponse(
    await downloadImage(scopeOf(c), {
      imageId: c.req.param("image_id"),
      ...(range === undefined ? {} : { range }),
      ...(ifRange === undefined ? {} : { ifRange }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
      ...(prefer === undefined ? {} : { prefer }),
    }),
  );
});

function requireOctetStream(c: AppContext): void {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/octet-stream")
    throw new ServiceError("unsupportedType", "The image data must be sent as application/octet-stream.");
}

/** `X-OpenStack-Image-Size`, else a `Content-Length` that is not zero, else unknown (spec/data.md section 1.1). */
function announcedSize(c: AppContext): number | undefined {
  const said = c.req.header("x-openstack-image-size");
  if (said !== undefined) {
    const size = Number(said);
    if (!/^\s*[+-]?\d+\s*$/.test(said) || !Number.isSafeInteger(size) || size < 0)
      throw new ServiceError("invalid", "X-OpenStack-Image-Size is not a number of bytes.");
    return size;
  }
  return Number(c.req.header("content-length")) || undefined;
}

function bytesResponse(download: Download): Response {
  if (download.kind === "noData") return new Response(null, { status: 204 });
  if (download.kind === "notModified")
    return new Response(null, { status: 304, headers: { etag: download.etag } });
  const { image, size, range, etag, body } = download;
  const length = range ? range.end - range.start + 1 : size;
  const headers = new Headers({
    "content-type": "application/octet-stream",
    "content-length": String(length),
    "accept-ranges": "bytes",
  });
  if (etag) headers.set("etag", etag);
  if (image.checksum) headers.set("content-md5", image.checksum);
  if (range) headers.set("content-range", `bytes ${range.start}-${range.end}/${size}`);
  return new Response(body, { status: range ? 206 : 200, headers });
}
