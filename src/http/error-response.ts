import type { ErrorKind, ServiceError } from "../domain/errors.ts";
import { preferredType } from "./accept.ts";

const STATUS = {
  invalid: 400,
  unauthorized: 401,
  replayed: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  illegalTransition: 409,
  busy: 409,
  gone: 410,
  tooLarge: 413,
  full: 413,
  unsupportedType: 415,
  badRange: 416,
  headerTooLarge: 431,
  notImplemented: 501,
  writeDenied: 503,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>;

const TITLE: Record<number, string> = {
  300: "Multiple Choices",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  416: "Requested Range Not Satisfiable",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
};

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** The status of a kind. A route may override it visibly, with the line of the spec that requires it. */
export const statusOf = (kind: ErrorKind): number => STATUS[kind];

export const titleOf = (status: number): string => TITLE[status] ?? "Error";

/** An error as an HTML page. */
export const htmlError = (code: string, message: string): string =>
  `<html>\n <head>\n  <title>${code}</title>\n </head>\n <body>\n  <h1>${code}</h1>\n  ${escapeHtml(message)}<br /><br />\n\n\n </body>\n</html>`;

export const plainError = (code: string, message: string): string => `${code}\n\n${message}\n\n\n`;

/**
 * An error in the format that the caller's `Accept` asks for (spec/image-api-v2.md section 2.5): JSON if named, HTML
 * for callers that accept anything (every stock client sends a bare wildcard), plain text otherwise.
 */
export function errorBody(accept: string | undefined, status: number, message: string): Response {
  const title = titleOf(status);
  const code = `${status} ${title}`;
  const type = preferredType(accept, ["text/html", "application/json"]);
  if (type === "application/json")
    return Response.json({ message: `${message}<br /><br />\n\n\n`, code, title }, { status });
  if (type === "text/html")
    return new Response(htmlError(code, message), {
      status,
      headers: { "content-type": "text/html; charset=UTF-8" },
    });
  return new Response(plainError(code, message), {
    status,
    headers: { "content-type": "text/plain; charset=UTF-8" },
  });
}

/** A `ServiceError` as a response, with its headers. */
export function errorResponse(accept: string | undefined, error: ServiceError): Response {
  const response = errorBody(accept, STATUS[error.kind], error.message);
  for (const [name, value] of Object.entries(error.headers)) response.headers.set(name, value);
  return response;
}
