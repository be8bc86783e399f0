import {
  extension,
  header,
  headers,
  NO_IMAGE,
  parameter,
  query,
  type RouteDescription,
  refusals,
} from "../openapi/describe.ts";
import { SHA512_EXAMPLE } from "../openapi/examples.ts";

/** Descriptions of the routes that move bytes (image-data.ts). */

const path = "/v2/images/{image_id}/file";
const tags = ["image-data"] as const;
const octets = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };

const etag = `"${SHA512_EXAMPLE}"`;

export const imageDataDocs: readonly RouteDescription[] = [
  {
    method: "put",
    path,
    operationId: "upload_image_data",
    summary: "Upload the data of an image",
    description:
      "Streams the data into a store; with the answer the image is `active` and its size and hashes are known. The image must be `queued` and have both formats. A failure leaves it `queued` with nothing stored, and it may be uploaded again at once. The length need not be known: a chunked body will do. Straight to Cloudflare a request has at most 100 MB on common plans; through a relay there is no such limit.",
    tags,
    parameters: [
      parameter("image_id"),
      {
        name: "X-Openstack-Image-Size",
        in: "header",
        description:
          "How many bytes follow, for a body that is sent without a length. What comes must be as much; it is refused before it is sent where it is too much, or no number",
        schema: { type: "integer", format: "int64", minimum: 0 },
        example: 434_110_464,
      },
      header("X-Image-Meta-Store", "Id of the store that the data goes to; without it the default one", "r2"),
    ],
    requestBody: {
      description: "The data, as it is. At most 1 TiB unless the operator says otherwise",
      required: true,
      content: octets,
    },
    responses: {
      204: { description: "The data is stored and the image is active" },
      ...refusals({
        400: "There is no such store, the image lacks a format, a size is none, or not as many bytes came as were announced.",
        403: "The caller may not upload to this image.",
        404: NO_IMAGE,
        409: "The image is not `queued`: it has data, or another upload is under way.",
        410: "The image was deleted meanwhile, or the store cannot be written.",
        413: "The data is larger than an image may be, or than what is left of the project's quota; or the store is full.",
        415: "The media type is not `application/octet-stream`.",
        503: "The store, or the catalogue, cannot be reached now. The image is `queued` again.",
      }),
    },
  },
  {
    method: "get",
    path,
    operationId: "download_image_data",
    summary: "Download the data of an image",
    description: "The whole data of an image, or one range of it.",
    tags,
    parameters: [
      parameter("image_id"),
      header(
        "Range",
        "The bytes wanted: `bytes=0-1048575`, `bytes=1048576-`, or `bytes=-1024` for the last ones. One range alone. A malformed one is refused, not ignored",
        "bytes=0-1048575",
      ),
      header(
        "Content-Range",
        "Another spelling of `Range`, which older clients of Glance have: `bytes 0-1048575/*`. Of no account beside `Range`",
        "bytes 0-1048575/*",
      ),
      extension(
        header(
          "If-Range",
          "Entity tag: the range counts only where the data still has it, else all of it is sent",
          etag,
        ),
      ),
      extension(
        header(
          "If-None-Match",
          "Entity tags, with commas between, or `*`: data that has one of them is not sent",
          etag,
        ),
      ),
      query(
        "prefer",
        "Ids of stores to read from before others, in this order, with commas between",
        { type: "string" },
        "file,r2",
      ),
    ],
    responses: {
      200: {
        description: "All of the data",
        ...headers("Content-Length", "Accept-Ranges", "ETag", "Content-MD5"),
        content: octets,
      },
      204: { description: "The image has no data yet, or no store has it any more" },
      206: {
        description: "The range",
        ...headers("Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Content-MD5"),
        content: octets,
      },
      304: extension({
        description: "The data still has an entity tag that the caller knows",
        ...headers("ETag"),
      }),
      ...refusals({
        400: "Several ranges are asked for, `prefer` names no store, or the request has a body.",
        403: "The caller may not download this image, or it is deactivated and the caller is no administrator.",
        404: NO_IMAGE,
        416: "The range is malformed, or the data has none of it.",
        503: "No store that has the data can be read now.",
      }),
    },
  },
];
