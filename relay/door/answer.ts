import type { IncomingMessage, ServerResponse } from "node:http";
import type { RefusalBody } from "../../protocol/refusal.ts";
import { type ErrorKind, ServiceError } from "../../src/domain/errors.ts";
import { DRAIN_BOUNDS, drain } from "./body.ts";

/** The edge goes by the kind in the body. The status is for others: a proxy, a log, a person with curl. */
const STATUS: { readonly [K in ErrorKind]?: number } = {
  unauthorized: 401,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  notImplemented: 501,
  full: 507,
  writeDenied: 503,
  unavailable: 503,
};
const ANY_OTHER = 400;

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/**
 * Answers with what was refused and why. Anything but a refusal is a bug, and its text is not disclosed. A client that
 * is still sending gets the whole answer at once, and the rest of its body is read for a while: closing the connection
 * at once would reset it, and the answer would be lost.
 */
export async function answerRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  bodyWanted: boolean,
): Promise<void> {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = error instanceof ServiceError;
  const refusal: RefusalBody = known
    ? { kind: error.kind, message: error.message }
    : { kind: "unavailable", message: "The relay has erred." };
  const text = JSON.stringify(refusal);
  response.writeHead(known ? (STATUS[error.kind] ?? ANY_OTHER) : 500, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...(known ? error.headers : {}),
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.write(text);
  if (!request.complete && bodyWanted) await drain(request, DRAIN_BOUNDS.edge);
  response.end();
}
