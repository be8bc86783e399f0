import { MAX_PARTS, RELAY_PART_BYTES_MOST } from "../limits.ts";
import {
  type Answer,
  body,
  headers,
  json,
  NO_IMAGE,
  type Operation,
  parameter,
  type Reference,
  type RefusedStatus,
  type RouteDescription,
  relayRefusals,
} from "../openapi/describe.ts";
import { imageDataDocs } from "./image-data-docs.ts";

/**
 * Descriptions of a relay's requests for its clients (relay-control.ts). Every answer but a permission is meant for the
 * client, so the refusals include those of the client's own request.
 */

const SIGNED = [{ RelaySignature: [] }] as const;
const FOR_CLIENT = [
  { RelaySignature: [], AuthToken: [] },
  { RelaySignature: [], AuthToken: [], ServiceToken: [] },
] as const;
const BASE = "/relay/v1";
const IMAGE = `${BASE}/images/{image_id}`;
const TRANSFER = `${IMAGE}/transfers/{lease}`;

const FOR_ITS_CLIENT = headers("X-Glimpse-For-Client");

const UNSIGNED =
  "The request is not signed by a relay that is known, or was seen before; or the client's token is not good.";
const MALFORMED = "The request is none that this worker knows.";
const NO_LEASE = "The lease has ended, or is another relay's.";

const describes = (
  route: Pick<RouteDescription, "method" | "path" | "operationId" | "summary" | "description">,
  more: Omit<Operation, "operationId" | "summary" | "tags" | "description">,
): RouteDescription => ({
  ...route,
  tags: ["relay"],
  ...{ "x-glimpse-extension": true, "x-internal": true },
  ...more,
});

const transfer = (
  name: string,
  texts: { operationId: string; summary: string; description: string },
  more: Partial<Operation>,
  when: Partial<Record<RefusedStatus, string>> = {},
): RouteDescription =>
  describes(
    { method: "post", path: `${TRANSFER}/${name}`, ...texts },
    {
      security: SIGNED,
      parameters: [parameter("image_id"), parameter("lease")],
      ...more,
      responses: {
        ...(more.responses ?? { 204: { description: "It is done", ...FOR_ITS_CLIENT } }),
        ...relayRefusals({
          400: MALFORMED,
          401: UNSIGNED,
          404: "There is no such image.",
          409: NO_LEASE,
          410: "The image was deleted meanwhile, or the lease is none.",
          413: "The body is larger than 2 MiB, or a quota is exceeded.",
          ...when,
        }),
      },
    },
  );

/** A body that may be absent, which then counts as an empty object. */
const optional = (description: string, schema: string) => ({
  requestBody: { ...json(description, schema), required: false },
});

const download = imageDataDocs.find(({ method }) => method === "get");
const upload = imageDataDocs.find(({ method }) => method === "put");
const { 200: _ok, 206: _range, 204: nothing, 304: known, ...refusedDownload } = download?.responses ?? {};
/** The same refusals, marked as meant for the client. */
function asRelays(responses: Operation["responses"]): Record<string, Reference> {
  const when = Object.entries(responses).map(([status, { description = "" }]) => [status, description]);
  return relayRefusals(Object.fromEntries(when));
}
const forItsClient = (answer: Answer | Reference | undefined) => ({
  ...answer,
  headers: { ...(answer as Answer).headers, ...FOR_ITS_CLIENT.headers },
});
const instead = {
  204: forItsClient(nothing) as Answer,
  304: forItsClient(known) as Answer,
  ...asRelays(refusedDownload),
};
const { 204: _stored, ...refused } = upload?.responses ?? {};

export const relayControlDocs: readonly RouteDescription[] = [
  describes(
    {
      method: "post",
      path: `${BASE}/boots`,
      operationId: "announce_relay",
      summary: "Announce that a relay started",
      description: "The leases that it took in an earlier life end.",
    },
    {
      security: SIGNED,
      ...body("The life that began", "RelayBoot"),
      responses: {
        204: { description: "They have ended" },
        ...relayRefusals({ 400: MALFORMED, 401: UNSIGNED, 413: "The body is larger than 2 MiB." }),
      },
    },
  ),
  describes(
    {
      method: "post",
      path: `${IMAGE}/uploads`,
      operationId: "begin_relay_upload",
      summary: "Begin an upload for a relay's client",
      description: "With the client's own token. A refusal is the client's answer as it stands.",
    },
    {
      security: FOR_CLIENT,
      parameters: [parameter("image_id")],
      ...body("What the client wants to upload", "RelayUpload"),
      responses: {
        201: json("How it is to be done", "UploadGrant"),
        ...asRelays(refused),
        ...relayRefusals({ 401: UNSIGNED }),
      },
    },
  ),
  describes(
    {
      method: "get",
      path: `${IMAGE}/file`,
      operationId: "plan_relay_download",
      summary: "Ask what a relay's client may download",
      description:
        "With the client's own token, its headers for ranges and conditions, and its query. What is no permission is the client's answer as it stands.",
    },
    {
      security: FOR_CLIENT,
      parameters: download?.parameters ?? [],
      responses: {
        200: json("What the client may have and where it is", "DownloadGrant"),
        ...instead,
        ...relayRefusals({ 401: UNSIGNED, 404: NO_IMAGE }),
      },
    },
  ),
  describes(
    {
      method: "put",
      path: `${TRANSFER}/parts/{number}`,
      operationId: "put_relay_part",
      summary: "Put a part of an upload",
      description: "Into a store that takes uploads in parts. A part may be put again.",
    },
    {
      security: SIGNED,
      parameters: [
        parameter("image_id"),
        parameter("lease"),
        {
          name: "number",
          in: "path",
          required: true,
          description: "Which part, counted from 1",
          schema: { type: "integer", minimum: 1, maximum: MAX_PARTS },
          example: 1,
        },
        {
          name: "bytes",
          in: "query",
          required: true,
          description: "How many bytes it has. `Content-Length` must say the same",
          schema: { type: "integer", minimum: 1, maximum: RELAY_PART_BYTES_MOST },
          example: 16_777_216,
        },
      ],
      requestBody: {
        description: "The bytes of the part",
        required: true,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
      responses: {
        204: { description: "It is stored, and remembered", ...FOR_ITS_CLIENT },
        ...relayRefusals({
          400: "There is no such part, or this upload takes none.",
          401: UNSIGNED,
          404: "There is no such image.",
          409: NO_LEASE,
          410: "The image was deleted meanwhile, or the lease is none.",
          413: "A quota is exceeded, or the store is full.",
        }),
      },
    },
  ),
  transfer(
    "heartbeat",
    {
      operationId: "renew_relay_transfer",
      summary: "Say that an upload goes on",
      description: "The lease lives on.",
    },
    optional("An object, or nothing", "RelayHeartbeat"),
  ),
  transfer(
    "extend",
    {
      operationId: "extend_relay_transfer",
      summary: "Ask for more of a quota",
      description: "For an upload of unknown length. The lease lives on.",
    },
    {
      ...body("How many bytes the upload would have", "QuotaRequest"),
      responses: { 200: json("How many it may have", "QuotaGrant", { grantedBytes: 134_217_728 }) },
    },
  ),
  transfer(
    "complete",
    {
      operationId: "complete_relay_transfer",
      summary: "Say that all bytes are stored",
      description: "The image is active with the answer.",
    },
    body("What was written", "RelayCompletion"),
  ),
  transfer(
    "abort",
    {
      operationId: "abort_relay_transfer",
      summary: "Give an upload up",
      description: "The image is `queued` again, and what was written is removed.",
    },
    optional("Why, or nothing", "RelayAbort"),
  ),
];
