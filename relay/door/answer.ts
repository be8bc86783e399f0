import type { IncomingMessage, ServerResponse } from "node:http";
import type { RefusalBody } from "../../protocol/refusal.ts";
import { type ErrorKind, ServiceError } from "../../src/domain/errors.ts";
import { drain } from "./body.ts";

const STATUS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  illegalTransition: 409,
  busy: 409,
  gone: 410,
  tooLarge: 413,
  full: 507,
  unsupportedType: 415,
  badRange: 416,
  headerTooLarge: 431,
  writeDenied: 503,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>;

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/**
 * Answers with what was refused and why; what is not a refusal is a bug, and its text stays here. A client that is still
 * sending gets the whole answer at once and is heard out for a while: closing at once would reset its connection, and
 * the answer would be lost.
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
  response.writeHead(known ? STATUS[error.kind] : 500, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...(known ? error.headers : {}),
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.write(text);
  if (!request.complete && bodyWanted) await drain(request);
  response.end();
}
