import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Service } from "./service.ts";

/** An answer as its bytes say, whoever sent them in whatever order. */
export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly head: string;
}

async function connected(service: Service): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

function answerOf(socket: Socket): Promise<RawAnswer> {
  let text = "";
  return new Promise((resolve) => {
    const end = () => {
      socket.destroy();
      const head = text.split("\r\n\r\n")[0] ?? "";
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head });
    };
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (text.includes("\r\n\r\n")) end();
    });
    socket.once("close", end);
    socket.once("error", end);
  });
}

/** Sends these very bytes, and nothing after them. */
export async function rawRequest(service: Service, bytes: Buffer): Promise<RawAnswer> {
  const socket = await connected(service);
  socket.write(bytes);
  return answerOf(socket);
}

export const headers = (all: Record<string, string>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");

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
  path: string,
  { mebibytes, token, method = "PUT" }: { mebibytes: number; token: string; method?: string },
): Promise<RawAnswer> {
  const socket = await connected(service);
  socket.pause();
  let broken: Error | undefined;
  socket.on("error", (error) => {
    broken = error;
  });
  const head = headers({
    host: "glimpse",
    "content-type": "application/octet-stream",
    "transfer-encoding": "chunked",
    "x-auth-token": token,
  });
  socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n`);
  for (let sent = 0; sent < mebibytes && !broken; sent++)
    await new Promise((written) => socket.write(PIECE, written));
  if (broken) return { status: 0, head: String(broken) };
  socket.write("0\r\n\r\n");
  const answer = answerOf(socket);
  socket.resume();
  return answer;
}
