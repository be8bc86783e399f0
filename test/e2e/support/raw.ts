import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { BYTES_TYPE, TOKEN_HEADER } from "../../../client/calls.ts";
import { hold } from "./held.ts";
import type { Service } from "./service.ts";

/** A request whose bytes are sent as they stand here: what no HTTP client would send. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** An answer as its bytes say, whoever sent them in whatever order. */
export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly headers: Headers;
  /** Absent when it did not come whole. */
  readonly body?: string | undefined;
}

const NONE: RawAnswer = { status: 0, headers: new Headers() };

async function connected(service: Service): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

/** The answer, held against the document. */
async function answerOf(socket: Socket, { method, target, fields }: RawRequest): Promise<RawAnswer> {
  const answer = await new Promise<RawAnswer>((resolve) => {
    let bytes = Buffer.of();
    const end = () => {
      socket.destroy();
      resolve(answerIn(bytes, method) ?? NONE);
    };
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (answerIn(bytes, method)?.body !== undefined) end();
    });
    socket.once("close", end);
    socket.once("error", end);
  });
  const { status, headers, body } = answer;
  if (status !== 0) hold({ method, target, sent: new Headers(fields), status, headers, answer: body });
  return answer;
}

/** As much of an answer as there is; undefined before the end of its head. */
function answerIn(bytes: Buffer, method: string): RawAnswer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = new Headers(lines.map((line) => fieldIn(line)));
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  const body = method === "HEAD" || status === 204 ? "" : bodyIn(bytes.subarray(end + 4), headers);
  return { status, headers, body };
}

function fieldIn(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function bodyIn(rest: Buffer, headers: Headers): string | undefined {
  const length = headers.get("content-length");
  if (length !== null)
    return rest.byteLength < Number(length) ? undefined : rest.subarray(0, Number(length)).toString();
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, line).toString(), 16);
    if (size === 0) return Buffer.concat(pieces).toString();
    pieces.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** Sends a request as it stands, and nothing after it. */
export async function rawRequest(service: Service, request: RawRequest): Promise<RawAnswer> {
  const socket = await connected(service);
  socket.write(Buffer.concat([Buffer.from(headOf(request), "latin1"), request.body ?? Buffer.of()]));
  return answerOf(socket, request);
}

const headOf = ({ method, target, fields }: RawRequest): string => {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
};

/** A mebibyte of a chunked body. */
const PIECE = Buffer.concat([
  Buffer.from("100000\r\n"),
  Buffer.alloc(1024 * 1024, 0x67),
  Buffer.from("\r\n"),
]);

/**
 * An upload by a client that, like python-requests, sends its whole body before it looks for an answer: one that is
 * cut off while it sends has nothing but a broken pipe to show.
 */
export async function sendAllThenRead(
  service: Service,
  target: string,
  { mebibytes, token, method = "PUT" }: { mebibytes: number; token: string; method?: string },
): Promise<RawAnswer> {
  const socket = await connected(service);
  socket.pause();
  let isBroken = false;
  socket.on("error", () => {
    isBroken = true;
  });
  const framing = { host: "glimpse", "transfer-encoding": "chunked" };
  const request = {
    ...{ method, target },
    fields: { ...framing, "content-type": BYTES_TYPE, [TOKEN_HEADER]: token },
  };
  socket.write(headOf(request), "latin1");
  for (let sent = 0; sent < mebibytes && !isBroken; sent++)
    await new Promise((written) => socket.write(PIECE, written));
  if (isBroken) return NONE;
  socket.write("0\r\n\r\n");
  const answer = answerOf(socket, request);
  socket.resume();
  return answer;
}
