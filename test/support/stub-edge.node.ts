import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import type { RelaySettings } from "../../relay/settings.ts";
import { startTestRelay, type TestRelay } from "./relay.node.ts";

export type Answering = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An edge that answers as a test says. */
export class StubEdge {
  /** Method and path of each request, in order. */
  readonly asked: string[] = [];
  readonly #answers = new Map<string, Answering>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const asked = `${request.method} ${request.url?.split("?")[0]}`;
      this.asked.push(asked);
      const answer = [...this.#answers].find(([start]) => asked.startsWith(start))?.[1];
      if (answer) return void answer(request, response);
      request.resume();
      return void response.writeHead(204).end();
    });
  }

  static async start(): Promise<StubEdge> {
    const edge = new StubEdge();
    edge.#server.listen(0, "127.0.0.1");
    await once(edge.#server, "listening");
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `asked`: method and the beginning of the path. What nothing was said of is 204. */
  on(asked: string, answer: Answering): void {
    this.#answers.set(asked, answer);
  }

  /** A relay in this process with a front door that asks this edge. */
  async relay(
    settings: Partial<RelaySettings> = {},
    log?: Logger,
  ): Promise<TestRelay & { readonly door: string }> {
    const frontDoor = { host: "127.0.0.1", port: 0, trustedProxies: [], maxConnections: 1000 };
    const relay = await startTestRelay({ edge: { url: this.url }, frontDoor, ...settings }, log);
    return { ...relay, door: relay.relay.front?.url ?? "" };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Answers with JSON, as the edge does to the relay itself. */
export const json =
  (status: number, body: unknown): Answering =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
