import { htmlError, plainError } from "../../http/error-response.ts";
import { headers, ref, type Schema } from "../describe.ts";
import { IMAGE_ID_EXAMPLE } from "../examples.ts";
import { OF_EVERY_ANSWER } from "./headers.ts";

export const errorSchemas: Readonly<Record<string, Schema>> = {
  Error: {
    type: "object",
    description: "What was refused, for which thing and why",
    properties: {
      message: { type: "string", description: "For people. Ends with line breaks, as Glance's messages do" },
      code: { type: "string", description: "The status and its name, separated by a blank" },
      title: { type: "string", description: "The name of the status" },
    },
    required: ["message", "code", "title"],
  },
  IdentityError: {
    type: "object",
    description: "An error in Keystone's shape",
    properties: { error: ref("IdentityErrorDetail") },
    required: ["error"],
  },
  IdentityErrorDetail: {
    type: "object",
    description: "What was refused and why",
    properties: {
      code: { type: "integer", description: "The status" },
      message: { type: "string", description: "For people" },
      title: { type: "string", description: "The name of the status" },
    },
    required: ["code", "message", "title"],
  },
};

interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly title: string;
  readonly description: string;
  readonly message: string;
  readonly headers?: readonly string[];
}

const REFUSALS: readonly Refusal[] = [
  {
    name: "BadRequest",
    status: 400,
    title: "Bad Request",
    description: "The request is malformed.",
    message: "limit param must be an integer",
  },
  {
    name: "Unauthorized",
    status: 401,
    title: "Unauthorized",
    description: "There is no token, or the token is not good any more.",
    message: "The request you have made requires authentication.",
    headers: ["WWW-Authenticate"],
  },
  {
    name: "Forbidden",
    status: 403,
    title: "Forbidden",
    description: "The caller may not do this.",
    message: "You are not authorized to complete this action.",
  },
  {
    name: "NotFound",
    status: 404,
    title: "Not Found",
    description: "There is no such thing, or the caller may not see it.",
    message: `No image found with ID ${IMAGE_ID_EXAMPLE}`,
  },
  {
    name: "Conflict",
    status: 409,
    title: "Conflict",
    description: "The state of things does not allow this.",
    message: `Image ${IMAGE_ID_EXAMPLE} is active; only queued images accept an upload.`,
  },
  {
    name: "Gone",
    status: 410,
    title: "Gone",
    description: "What the request is about went away while it ran, or the store cannot be written.",
    message: "The store web cannot be written.",
  },
  {
    name: "ContentTooLarge",
    status: 413,
    title: "Request Entity Too Large",
    description: "A limit or a quota is exceeded.",
    message: "An image has at most 128 tags; this one would have 129.",
  },
  {
    name: "UnsupportedMediaType",
    status: 415,
    title: "Unsupported Media Type",
    description: "The `Content-Type` is not one that this operation takes.",
    message: "The image data must be sent as application/octet-stream.",
  },
  {
    name: "RangeNotSatisfiable",
    status: 416,
    title: "Requested Range Not Satisfiable",
    description: "The range is malformed, or the data has none of it.",
    message: "The range bytes=9- cannot be had from 9 bytes.",
    headers: ["Content-Range"],
  },
  {
    name: "RequestHeaderFieldsTooLarge",
    status: 431,
    title: "Request Header Fields Too Large",
    description: "`X-Openstack-Request-Id` is longer than 64 characters.",
    message: "X-OpenStack-Request-Id is longer than 64 characters.",
  },
  {
    name: "InternalServerError",
    status: 500,
    title: "Internal Server Error",
    description: "A fault of the service, which its log explains under the request's id.",
    message: "The server has either erred or is incapable of performing the requested operation.",
  },
  {
    name: "ServiceUnavailable",
    status: 503,
    title: "Service Unavailable",
    description:
      "The catalogue, a store, or Keystone cannot be reached now, or the service is not configured. The same request may succeed later.",
    message: "The service cannot reach its catalogue right now.",
  },
];

const headersOf = ({ headers: own = [] }: Refusal, more: readonly string[] = []) =>
  headers(...OF_EVERY_ANSWER, ...own, ...more);

/**
 * In the format that `Accept` asks for: JSON if named, HTML for callers that accept anything, plain text otherwise.
 */
const ofImageApi = (refusal: Refusal) => {
  const { status, title, message } = refusal;
  const code = `${status} ${title}`;
  return {
    description: refusal.description,
    ...headersOf(refusal),
    content: {
      "application/json": {
        schema: ref("Error"),
        example: { message: `${message}<br /><br />\n\n\n`, code, title },
      },
      "text/html": {
        schema: { type: "string", pattern: `^<html>[\\s\\S]*<h1>${code}</h1>\\n[\\s\\S]*</html>$` },
        example: htmlError(code, message),
      },
      "text/plain": {
        schema: { type: "string", pattern: `^${code}\\n\\n[^\\n]` },
        example: plainError(code, message),
      },
    },
  };
};

const ofRelay = (refusal: Refusal) => ({
  ...ofImageApi(refusal),
  ...headersOf(refusal, ["X-Glimpse-For-Client"]),
});

const ofIdentityApi = (refusal: Refusal) => ({
  description: refusal.description,
  ...headersOf(refusal),
  content: {
    "application/json": {
      schema: ref("IdentityError"),
      example: { error: { code: refusal.status, message: refusal.message, title: refusal.title } },
    },
  },
});

/** A service without a valid configuration says so before it looks at the request. */
const UNAVAILABLE = REFUSALS.at(-1) as Refusal;
const unavailable = ofImageApi(UNAVAILABLE);
const identityUnavailable = {
  ...unavailable,
  content: {
    ...unavailable.content,
    "application/json": {
      schema: { anyOf: [ref("IdentityError"), ref("Error")] },
      example: ofIdentityApi(UNAVAILABLE).content["application/json"].example,
    },
  },
};

const unsupportedType = ofImageApi(REFUSALS.find(({ status }) => status === 415) as Refusal);
const unsupportedPatch = {
  ...unsupportedType,
  headers: { ...unsupportedType.headers, "Accept-Patch": { $ref: "#/components/headers/Accept-Patch" } },
};

/** Refusals that happen before the identity routes are reached, or where there are none. */
const NOT_IDENTITYS = new Set([
  "Gone",
  "UnsupportedMediaType",
  "RangeNotSatisfiable",
  "RequestHeaderFieldsTooLarge",
]);

export const refusalResponses = Object.fromEntries([
  ...REFUSALS.map((refusal) => [refusal.name, ofImageApi(refusal)]),
  ...REFUSALS.filter(({ status }) => status !== 431).map((refusal) => [
    `Relay${refusal.name}`,
    ofRelay(refusal),
  ]),
  ...REFUSALS.filter(({ name }) => !NOT_IDENTITYS.has(name)).map((refusal) => [
    `Identity${refusal.name}`,
    ofIdentityApi(refusal),
  ]),
  ["IdentityServiceUnavailable", identityUnavailable],
  ["UnsupportedPatch", unsupportedPatch],
]);
