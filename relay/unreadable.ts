import { randomUUID } from "node:crypto";
import { REQUEST_ID } from "../protocol/headers.ts";
import { titleOf } from "../src/http/error-response.ts";

/** The answer to what Node's parser rejects before there is a request that a door could answer. */
export interface UnreadableAnswer {
  readonly status: number;
  readonly requestId: string;
  /** The raw text of the answer, after which the connection is closed. */
  readonly text: string;
}

/** What a `clientError` event says: a code, and the bytes that were being parsed. */
export type ParserError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** Headers of an answer that depend on those of the request, in lower case; only as many of those as could be read. */
export type HeadersFor = (header: (name: string) => string | undefined) => Readonly<Record<string, string>>;

export function answerToUnreadable(
  error: ParserError,
  headersFor: HeadersFor = () => ({}),
): UnreadableAnswer {
  const requestId = `req-${randomUUID()}`;
  const { status, message } = refused(error);
  const code = `${status} ${titleOf(status)}`;
  const body = `${code}\n\n${message}\n\n\n`;
  const more = headersFor((name) => headerIn(error.rawPacket, name));
  const headers = [
    ...Object.entries(more).map(([name, value]) => `${name}: ${value}`),
    "Content-Type: text/plain; charset=UTF-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID}: ${requestId}`,
    "Cache-Control: private, no-store",
    "Connection: close",
  ];
  return { status, requestId, text: [`HTTP/1.1 ${code}`, ...headers, "", body].join("\r\n") };
}

/** A header that arrived complete with the unreadable bytes. A body, or a following request, must not supply one. */
function headerIn(packet: Buffer | undefined, name: string): string | undefined {
  const [, ...lines] = (packet?.toString("latin1").split("\r\n\r\n")[0] ?? "").split("\r\n");
  const line = lines.find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** A method in the syntax of RFC 9110 section 9.1, and a target. Garbage, or TLS on a plain port, does not match. */
const REQUEST_LINE = /^(?:\r\n)*[\w!#$%&'*+.^`|~-]+ \S+ HTTP\//;

function refused(error: ParserError): { status: number; message: string } {
  if (error.code === "HPE_HEADER_OVERFLOW")
    return { status: 431, message: "The request's headers are too large." };
  // The parser rejects methods that it does not know before it reads path or headers.
  if (error.code === "HPE_INVALID_METHOD" && REQUEST_LINE.test(error.rawPacket?.toString("latin1") ?? ""))
    return { status: 501, message: "The request's method is none that this service knows." };
  return { status: 400, message: "The request is not what HTTP allows." };
}
