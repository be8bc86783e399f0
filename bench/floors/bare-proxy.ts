/** Passes requests on to the address that is given, as a relay does, and does nothing else for them. */
import { Agent, request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const [behind] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

/** Gathers an answer, which is small, and sends it in one piece: a pipe would be most of the work. */
function pass({ headers, url }: IncomingMessage, response: ServerResponse): void {
  ask(`${behind}${url}`, { agent, headers }, (answered) => {
    const chunks: Buffer[] = [];
    answered.on("data", (chunk: Buffer) => chunks.push(chunk));
    answered.once("end", () =>
      response.writeHead(answered.statusCode ?? 500, answered.headers).end(Buffer.concat(chunks)),
    );
  })
    .once("error", (error) => response.destroy(error))
    .end();
}

const server = createServer(pass);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
