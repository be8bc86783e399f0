/** Bytes as an image has them, sent and received by a client that takes hardly any of the processor that it shares. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { type Headers, notForEver } from "./ask.ts";
import { inMiB } from "./effort.ts";

const PIECE = 1024 * 1024;
/** As glanceclient sends. uWSGI fails at chunks of a MiB. */
export const STOCK_PIECE = 64 * 1024;

/** Not zeros, which the file store leaves out, and not to be compressed. Repeats after 32 MiB. */
const source = randomBytes(32 * PIECE);

/** Every transfer has a connection of its own, as with the command line clients. */
const ownConnections = new Agent({ keepAlive: false });

/** A MiB of the bytes from there on. */
export const pieceAt = (position: number): Buffer => {
  const start = position % source.byteLength;
  return source.subarray(start, start + PIECE);
};

/** How many bytes are sent, so many at a time, by which connections. */
export interface Sending {
  readonly bytes: number;
  readonly pieceBytes?: number;
  readonly agent?: Agent;
}

/**
 * PUTs bytes; resolves when they are accepted, rejects when they are refused. How many is said by a header of its own, or
 * not, as glanceclient does.
 */
export async function send(
  url: string,
  headers: Headers,
  { bytes, pieceBytes = PIECE, agent = ownConnections }: Sending,
): Promise<void> {
  const sent = notForEver(request(url, { method: "PUT", agent, headers }));
  // Who is refused before all is sent may see the connection fail as well, after the answer.
  sent.on("error", () => {});
  const answer = once(sent, "response") as Promise<[IncomingMessage]>;
  let answered = false;
  const onAnswer = () => {
    answered = true;
  };
  answer.then(onAnswer, onAnswer);
  for (let position = 0; position < bytes && !answered; position += pieceBytes)
    if (!sent.write(pieceAt(position).subarray(0, Math.min(pieceBytes, bytes - position))))
      await Promise.race([once(sent, "drain"), answer]);
  sent.end();
  const [response] = await answer;
  await discard(response);
}

/**
 * GETs a body and drops it. Rejects when it is not as long as it should be. Reads from the socket into one buffer:
 * Node's HTTP client takes eight times the processor time, and would be what is measured on a small machine.
 */
export async function receive(url: string, headers: Headers, bytes: number): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const buffer = Buffer.allocUnsafeSlow(PIECE);
  const end = "\r\n\r\n";
  let head = "";
  let received = 0;
  const socket = connect({
    host: hostname,
    port: Number(port),
    onread: {
      buffer,
      callback(length) {
        if (head.includes(end)) received += length;
        else {
          const known = head.length;
          head += buffer.toString("latin1", 0, length);
          const at = head.indexOf(end);
          if (at >= 0) received = known + length - at - end.length;
        }
        return true;
      },
    },
  });
  const lines = Object.entries({ host: hostname, connection: "close", ...headers });
  const asked = [`GET ${pathname} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  socket.write(asked.join("\r\n") + end);
  await once(socket, "close");
  const status = head.split(" ", 2)[1];
  if (!["200", "206"].includes(status ?? "") || received !== bytes)
    throw new Error(`${url} answered ${status} with ${received} of ${bytes} bytes`);
}

/** How fast so many bytes were worked on. */
export async function mibPerSecond(bytes: number, work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return inMiB(bytes) / ((performance.now() - started) / 1000);
}

/** Reads an answer to its end and drops it. Rejects when it is not a success. */
async function discard(response: IncomingMessage): Promise<void> {
  response.resume();
  await once(response, "end");
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw new Error(`the server answered ${status}`);
}
