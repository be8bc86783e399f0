import type { Readable } from "node:stream";
import { ServiceError } from "../../src/domain/errors.ts";
import { copyOut } from "../copy-out.ts";
import { drain, HEARD_OUT } from "../door/body.ts";
import type { Bytes } from "../steadily.ts";
import type { Visit } from "../visits.ts";
import { COMMIT_SECONDS, type Edge, type EdgeAnswer } from "./edge.ts";
import { passedIn, passedOut } from "./headers.ts";
import { Pace } from "./pace.ts";

export interface PassOptions {
  readonly edge: Edge;
  /** The address by which the client came. */
  readonly site: string;
  /** A client that takes nothing for so long is gone. */
  readonly idleSeconds: number;
}

/** Hands the request to the edge as it is, and the answer back as it is, both as they come. */
export async function passThrough(visit: Visit, { edge, site, idleSeconds }: PassOptions): Promise<void> {
  const { request, method, requestId, target } = visit;
  const stalled = new AbortController();
  const length = request.headers["content-length"];
  const hasBody = length === undefined ? request.headers["transfer-encoding"] !== undefined : length !== "0";
  if (hasBody) visit.sendContinue();
  using _pace = new Pace(
    () => (request.complete ? Number.POSITIVE_INFINITY : request.socket.bytesRead),
    idleSeconds,
    () => stalled.abort(new ServiceError("invalid", `Hardly a byte came in ${idleSeconds} seconds.`)),
  );
  const answer = await edge.request({
    method,
    path: target,
    headers: {
      ...passedIn(request.headers, requestId),
      ...(await edge.siteHeaders(site)),
      ...(length === undefined ? {} : { "content-length": length }),
    },
    // The edge may answer before it has heard everything; the client's connection is not its to close.
    ...(hasBody ? { body: request.iterator({ destroyOnReturn: false }) } : {}),
    signal: AbortSignal.any([visit.gone, stalled.signal, visit.broken]),
    ...(hasBody ? { answerSeconds: COMMIT_SECONDS } : {}),
  });
  await passOn(visit, answer, idleSeconds);
}

/** Gives the client the edge's answer, and hears out what it still sends, so that it finds it. */
export async function passOn(
  { request, response, bodyIsComing, broken }: Visit,
  answer: EdgeAnswer,
  idleSeconds: number,
): Promise<void> {
  const closing = request.complete ? {} : { connection: "close" };
  response.writeHead(answer.status, { ...passedOut(answer), ...closing });
  if (request.complete || !bodyIsComing()) return send(answer.body, response, idleSeconds);
  for await (const chunk of answer.body) response.write(chunk);
  await drain(request, answer.status === 401 ? HEARD_OUT.stranger : HEARD_OUT.caller, broken);
  response.end();
}

/**
 * A failure half way destroys the connection, which is how the other side learns of it. Of two that stand still it is the
 * client's fault when bytes for it are waiting.
 */
export async function send(
  body: Readable | Bytes,
  response: Visit["response"],
  idleSeconds: number,
): Promise<void> {
  let stalled: ServiceError | undefined;
  using _pace = new Pace(
    () => response.socket?.bytesWritten ?? 0,
    idleSeconds,
    () => {
      const hardly = `hardly a byte in ${idleSeconds} seconds`;
      stalled =
        response.writableLength > 0
          ? new ServiceError("invalid", `The client took ${hardly}.`)
          : new ServiceError("unavailable", "The answer stood still.", {
              cause: new Error(`there was ${hardly}`),
            });
      response.destroy();
    },
  );
  try {
    await copyOut(body, response);
  } catch (error) {
    if (stalled) throw stalled;
    if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")
      throw new ServiceError("invalid", "The client went away before it had everything.");
    throw error;
  }
}
