/** Passes requests on to the address that is given, as a relay does, and does nothing else for them. */
import { Agent, request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [behind] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

function pass({ headers, url }: IncomingMessage, response: ServerResponse): void {
  ask(`${behind}${url}`, { agent, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 500, answered.headers);
    answered.pipe(response);
  })
    .once("error", (error) => response.destroy(error))
    .end();
}

const server = createServer(pass);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
