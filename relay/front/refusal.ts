import { type ErrorKind, ServiceError } from "../../src/domain/errors.ts";
import { errorBody, errorResponse } from "../../src/http/error-response.ts";
import { DRAIN_BOUNDS, drain } from "../door/body.ts";
import type { Visit } from "../visits.ts";
import type { EdgeAnswer } from "./edge.ts";
import { passOn } from "./pass.ts";

/** The edge has refused. Its answer goes to the client unchanged. */
export class RefusedByEdge extends ServiceError {
  readonly answer: EdgeAnswer;

  constructor(answer: EdgeAnswer, kind: ErrorKind = "conflict") {
    super(kind, `The edge refused with ${answer.status}.`);
    this.answer = answer;
  }
}

/** Answers as the edge would: with the edge's own words if it said something, otherwise in its format. */
export async function refuse(visit: Visit, error: unknown, idleSeconds: number): Promise<void> {
  const { request, response, requestId, bodyIsComing, broken } = visit;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof RefusedByEdge) return passOn(visit, error.answer, idleSeconds);
  const { accept } = request.headers;
  const said =
    error instanceof ServiceError
      ? errorResponse(accept, error)
      : errorBody(accept, 500, "The relay has erred.");
  const text = await said.text();
  response.writeHead(said.status, {
    ...Object.fromEntries(said.headers),
    "content-length": Buffer.byteLength(text),
    "x-openstack-request-id": requestId,
    "cache-control": "private, no-store",
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.write(text);
  if (!request.complete && bodyIsComing()) await drain(request, DRAIN_BOUNDS.caller, broken);
  response.end();
}
