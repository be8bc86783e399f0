import {
  CHECKSUM_EXAMPLE,
  IMAGE_ID_EXAMPLE,
  REQUEST_ID_EXAMPLE,
  SHA512_EXAMPLE,
  TOKEN_EXAMPLE,
} from "../examples.ts";

const text = (description: string, example: string) => ({ description, schema: { type: "string" }, example });

/** A header that every answer has for which it is described. */
const always = (description: string, example: string) => ({ ...text(description, example), required: true });

/** A header that Glance's answers do not have. */
const ours = <T extends object>(header: T) => ({ ...header, "x-glimpse-extension": true });

/** Headers that any answer has or may have, refusals included. */
export const OF_EVERY_ANSWER = [
  "X-Openstack-Request-Id",
  "Cache-Control",
  "Vary",
  "Access-Control-Allow-Origin",
  "Access-Control-Allow-Credentials",
  "Access-Control-Expose-Headers",
] as const;

/** Headers of answers. */
export const headerComponents = {
  "X-Openstack-Request-Id": always(
    "The id under which the service logs this request: the one that came with it, after `req-` if that was missing, or a new one",
    REQUEST_ID_EXAMPLE,
  ),
  "Cache-Control": ours(
    always(
      "How long the answer may be kept: `private, no-store` of all but the reference page and this document",
      "private, no-store",
    ),
  ),
  Vary: text(
    "Headers of the request by which the answer may differ: `Origin` where some origins are allowed and not all, `X-Auth-Token` of an answer that has a token",
    "Origin",
  ),
  "Access-Control-Allow-Origin": text(
    "To a page of an origin that the operator allows: that origin; `*` where all are allowed. Absent for any other, and where none is",
    "https://console.example.org",
  ),
  "Access-Control-Allow-Credentials": {
    description:
      "Whether such a page may send cookies along, which this service has none of. Absent where it may not, and where all origins are allowed",
    schema: { type: "string", enum: ["true"] },
    example: "true",
  },
  "Access-Control-Expose-Headers": text(
    "To a page of an allowed origin: the headers of the answer that it can read, with commas between",
    "X-Subject-Token, X-OpenStack-Request-ID, Location",
  ),
  Location: always("Where to find it", `http://127.0.0.1:9292/v2/images/${IMAGE_ID_EXAMPLE}`),
  "OpenStack-image-store-ids": always(
    "Ids of all stores, those that no data can be uploaded to among them, with commas between",
    "file,r2",
  ),
  ETag: ours(
    text(
      "Entity tag of the whole content, which changes when the content does. Absent where no hash is known",
      `"${SHA512_EXAMPLE}"`,
    ),
  ),
  "Accept-Ranges": ours(always("Ranges are in bytes", "bytes")),
  "Content-Length": {
    description: "How many bytes follow",
    schema: { type: "integer", format: "int64", minimum: 0 },
    example: 434_110_464,
  },
  "Content-MD5": text(
    "MD5 of the whole image, in hexadecimal, also where a range is sent. Absent where it is not known",
    CHECKSUM_EXAMPLE,
  ),
  "Content-Range": always(
    "The first and the last byte that follow, counted from 0, and the size of the whole; of a range that cannot be had, the size alone",
    "bytes 0-1048575/434110464",
  ),
  "Accept-Patch": always(
    "The media types that a patch may have",
    "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch",
  ),
  "WWW-Authenticate": text("Where tokens are had", 'Keystone uri="http://127.0.0.1:9292/identity"'),
  "X-Subject-Token": always("The token that the answer is about", TOKEN_EXAMPLE),
  "Content-Security-Policy": text("What the page may load: nothing but this service's", "default-src 'none'"),
  "X-Content-Type-Options": text("What it is not to be taken for", "nosniff"),
  "Referrer-Policy": text("What links are to tell of the page", "no-referrer"),
  "X-Glimpse-For-Client": text(
    "On every answer, refusals too, that the relay is to pass on to its client as it is",
    "1",
  ),
};
