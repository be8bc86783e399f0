/**
 * `node capped-edge.ts PORT TARGET BYTES`: stands before a worker as Cloudflare does, and takes no request body of more
 * than so many bytes, announced or not. Beyond it the client gets a 413, and what has gone on is broken off.
 * `/edge-bytes` says how many bytes of bodies have passed, either way.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

const [port = "", target = "", cap = ""] = process.argv.slice(2);
const CAP_BYTES = Number(cap);
let passedBytes = 0;

createServer({ requestTimeout: 0 }, (client, answer) => {
  if (client.url === "/edge-bytes") return answer.end(String(passedBytes));
  if (Number(client.headers["content-length"]) > CAP_BYTES) return refuse(client, answer);
  const passed = request(new URL(client.url ?? "/", target), {
    method: client.method,
    headers: client.headers,
  });
  passed.on("response", (response) => {
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.on("data", (chunk: Buffer) => {
      passedBytes += chunk.byteLength;
    });
    response.pipe(answer);
    response.on("error", () => answer.destroy());
  });
  passed.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.once("close", () => passed.destroy());
  let bytes = 0;
  client.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    passedBytes += chunk.byteLength;
    if (bytes <= CAP_BYTES && !passed.write(chunk)) client.pause();
    if (bytes <= CAP_BYTES) return;
    passed
      .removeAllListeners("response")
      .removeAllListeners("error")
      .on("error", () => undefined)
      .destroy();
    client.removeAllListeners("data");
    refuse(client, answer);
  });
  passed.on("drain", () => client.resume());
  client.once("end", () => passed.end());
  return undefined;
}).listen(Number(port), "127.0.0.1");

/** What the client still sends is read and dropped, so that it finds the answer. */
function refuse(client: IncomingMessage, answer: ServerResponse): void {
  answer.writeHead(413, { connection: "close", "content-type": "text/plain" }).write("Payload Too Large");
  client.resume().once("end", () => answer.end());
}
