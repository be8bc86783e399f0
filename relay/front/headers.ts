import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { FOR_CLIENT, SITE, SITE_PROOF } from "../../protocol/control.ts";
import { REQUEST_ID } from "../../protocol/headers.ts";
import type { EdgeAnswer, Headers } from "./edge.ts";

/** Headers of one connection, not of the request (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Headers that the relay sets itself, or that are settled at this door. */
const NOT_PASSED_IN = new Set([...HOP_BY_HOP, "host", "expect", "content-length", SITE, SITE_PROOF]);
const NOT_PASSED_OUT = new Set([...HOP_BY_HOP, FOR_CLIENT]);

/** The client's headers, as forwarded to the edge. */
export function passedIn(headers: IncomingHttpHeaders, requestId: string): Headers {
  return { ...without(headers, NOT_PASSED_IN), [REQUEST_ID]: idFor(headers, requestId) };
}

/** The edge's headers, as returned to the client. */
export const passedOut = (answer: EdgeAnswer): Record<string, string | string[]> =>
  without(answer.headers, NOT_PASSED_OUT);

/** The headers that identify the caller and say how it likes its answers, for the relay's own requests. */
export function callerHeaders({ headers }: IncomingMessage, requestId: string): Headers {
  const about: Headers = { [REQUEST_ID]: idFor(headers, requestId) };
  for (const name of CALLER_HEADERS) if (headers[name] !== undefined) about[name] = headers[name];
  return about;
}

const CALLER_HEADERS = ["accept", "x-auth-token", "x-service-token", "user-agent"];

/** The id of the request. A client's own id is passed on unchanged: with `req-` before it, it could be too long. */
function idFor(headers: IncomingHttpHeaders, requestId: string): string {
  const given = String(headers[REQUEST_ID]);
  return requestId === `req-${given}` ? given : requestId;
}

function without(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  left: ReadonlySet<string>,
): Record<string, string | string[]> {
  const named = String(headers.connection ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase());
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !left.has(name) && !named.includes(name)) kept[name] = value;
  return kept;
}
