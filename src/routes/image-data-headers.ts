import type { WantedUpload } from "../actions/admit-upload.ts";
import type { BytesPlan, DownloadPlan, DownloadRequest } from "../actions/download-image.ts";
import { ServiceError } from "../domain/errors.ts";
import type { AppContext } from "../http/app-types.ts";
import { legacyRange } from "../http/byte-range.ts";

/** What an upload's headers say. Throws `unsupportedType` for another media type, `invalid` for a malformed size. */
export function wantedUpload(imageId: string, header: (name: string) => string | undefined): WantedUpload {
  const type = header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/octet-stream")
    throw new ServiceError("unsupportedType", "The image data must be sent as application/octet-stream.");
  const size = announcedSize(header("x-openstack-image-size"), header("content-length"));
  const store = header("x-image-meta-store");
  return {
    imageId,
    ...(size === undefined ? {} : { size }),
    ...(store === undefined ? {} : { store }),
  };
}

/** `X-OpenStack-Image-Size`, else a `Content-Length` that is not zero, else unknown (spec/data.md section 1.1). */
function announcedSize(said: string | undefined, contentLength: string | undefined): number | undefined {
  if (said === undefined) return Number(contentLength) || undefined;
  const size = Number(said);
  if (!/^\s*[+-]?\d+\s*$/.test(said) || !Number.isSafeInteger(size) || size < 0)
    throw new ServiceError("invalid", "X-OpenStack-Image-Size is not a number of bytes.");
  return size;
}

/** What a download's headers and query ask for. */
export function wantedDownload(c: AppContext, imageId: string): DownloadRequest {
  const range = c.req.header("range") ?? legacyRange(c.req.header("content-range"));
  const ifRange = c.req.header("if-range");
  const ifNoneMatch = c.req.header("if-none-match");
  const prefer = c.req.query("prefer");
  return {
    imageId,
    ...(range === undefined ? {} : { range }),
    ...(ifRange === undefined ? {} : { ifRange }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(prefer === undefined ? {} : { prefer }),
  };
}

/** The answer to a download without bytes. */
export const emptyResponse = (plan: Exclude<DownloadPlan, BytesPlan>): Response =>
  plan.kind === "noData"
    ? new Response(null, { status: 204 })
    : new Response(null, { status: 304, headers: { etag: plan.etag } });

/** Status and headers of the answer to a download with bytes. */
export function bytesHead({ image, size, range, etag }: BytesPlan): {
  status: 200 | 206;
  headers: Record<string, string>;
} {
  const length = range ? range.end - range.start + 1 : size;
  return {
    status: range ? 206 : 200,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(length),
      "accept-ranges": "bytes",
      ...(etag ? { etag } : {}),
      ...(image.checksum ? { "content-md5": image.checksum } : {}),
      ...(range ? { "content-range": `bytes ${range.start}-${range.end}/${size}` } : {}),
    },
  };
}
