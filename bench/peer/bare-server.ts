/**
 * What answers as an image is shown, and does nothing for it; or, given an address, passes requests on to it as a relay does.
 * bare.ts starts two in a row.
 */
import { Agent, request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [behind] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
/** As much as an image with some tags and properties. */
const image = JSON.stringify({ id: "x".repeat(700) });

function answer(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": image.length }).end(image);
}

function pass({ headers, url }: IncomingMessage, response: ServerResponse): void {
  ask(`${behind}${url}`, { agent, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 500, answered.headers);
    answered.pipe(response);
  })
    .once("error", (error) => response.destroy(error))
    .end();
}

const server = createServer(behind === undefined ? answer : pass);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
