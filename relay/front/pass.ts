import type { Readable } from "node:stream";
import { ServiceError } from "../../src/domain/errors.ts";
import { copyOut } from "../copy-out.ts";
import { DRAIN_BOUNDS, drain } from "../door/body.ts";
import type { Bytes } from "../steadily.ts";
import type { Visit } from "../visits.ts";
import { COMMIT_SECONDS, type Edge, type EdgeAnswer, type EdgeRequest } from "./edge.ts";
import { passedIn, passedOut } from "./headers.ts";
import { Pace } from "./pace.ts";

/** An answer up to this size is read whole and sent in one piece: streaming it would be most of the work. */
const SMALL_BYTES = 64 * 1024;

export interface PassOptions {
  readonly edge: Edge;
  /** The address by which the client came. */
  readonly site: string;
  /** A client that takes nothing for this long is gone. */
  readonly idleSeconds: number;
}

/** Forwards the request to the edge unchanged, and the answer back, both as they arrive. */
export async function passThrough(visit: Visit, { edge, site, idleSeconds }: PassOptions): Promise<void> {
  const { request, method, requestId, target } = visit;
  const length = request.headers["content-length"];
  const hasBody = length === undefined ? request.headers["transfer-encoding"] !== undefined : length !== "0";
  const headers = {
    ...passedIn(request.headers, requestId),
    ...(await edge.siteHeaders(site)),
    ...(length === undefined ? {} : { "content-length": length }),
  };
  const asked = { method, path: target, headers };
  const answer = hasBody
    ? await passBody(visit, asked, { edge, idleSeconds })
    : await edge.request({ ...asked, signal: visit.gone });
  await passOn(visit, answer, idleSeconds);
}

/** Forwards the client's body as it arrives. */
async function passBody(
  { request, gone, broken, sendContinue }: Visit,
  asked: Pick<EdgeRequest, "method" | "path" | "headers">,
  { edge, idleSeconds }: Pick<PassOptions, "edge" | "idleSeconds">,
): Promise<EdgeAnswer> {
  const stalled = new AbortController();
  sendContinue();
  using _pace = new Pace(
    () => (request.complete ? Number.POSITIVE_INFINITY : request.socket.bytesRead),
    idleSeconds,
    () => stalled.abort(new ServiceError("invalid", `Hardly a byte came in ${idleSeconds} seconds.`)),
  );
  return await edge.request({
    ...asked,
    // The edge may answer before it has read everything, and must not thereby close the client's connection.
    body: request.iterator({ destroyOnReturn: false }),
    signal: AbortSignal.any([gone, stalled.signal, broken]),
    answerSeconds: COMMIT_SECONDS,
  });
}

/** Gives the client the edge's answer. What the client still sends is read for a while, so that it gets the answer. */
export async function passOn(
  { request, response, bodyIsComing, broken }: Visit,
  answer: EdgeAnswer,
  idleSeconds: number,
): Promise<void> {
  const closing = request.complete ? {} : { connection: "close" };
  const isAll = request.complete || !bodyIsComing();
  const isSmall = answer.status === 204 || Number(answer.headers["content-length"]) <= SMALL_BYTES;
  const body = isAll && isSmall ? await whole(answer.body, idleSeconds) : answer.body;
  response.writeHead(answer.status, { ...passedOut(answer), ...closing });
  if (isAll) return send(body, response, idleSeconds);
  for await (const chunk of answer.body) response.write(chunk);
  await drain(request, answer.status === 401 ? DRAIN_BOUNDS.stranger : DRAIN_BOUNDS.caller, broken);
  response.end();
}

/** Reads a small body, within the time in which a large one must make progress. */
async function whole(body: EdgeAnswer["body"], idleSeconds: number): Promise<Uint8Array> {
  const late = setTimeout(() => body.destroy(stoodStill(idleSeconds)), idleSeconds * 1000);
  try {
    return await body.bytes();
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError("unavailable", "The image service broke off its answer.", { cause });
  } finally {
    clearTimeout(late);
  }
}

/**
 * A failure half way destroys the connection, which tells the other side. When both sides stand still, it is the
 * client's fault if bytes are waiting for it.
 */
export async function send(
  body: Readable | Bytes | Uint8Array,
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
          : stoodStill(idleSeconds);
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

const stoodStill = (seconds: number): ServiceError =>
  new ServiceError("unavailable", "The answer stood still.", {
    cause: new Error(`there was hardly a byte in ${seconds} seconds`),
  });
