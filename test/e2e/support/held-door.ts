import { once } from "node:events";
import {
  request as ask,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { headersOf, hold, isData } from "./held.ts";

/**
 * Stands before a service and passes on what comes, as it comes, each exchange held against the OpenAPI document: for
 * programs that tests only start.
 */
export class HeldDoor implements AsyncDisposable {
  readonly #target: string;
  readonly #server: Server;
  readonly #problems: unknown[] = [];
  #held = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => this.#pass(request, response));
  }

  static async before(target: string): Promise<HeldDoor> {
    const door = new HeldDoor(target);
    door.#server.listen(0, "127.0.0.1");
    await once(door.#server, "listening");
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many exchanges came to their end. */
  get held(): number {
    return this.#held;
  }

  /** Throws what was wrong with the first exchange that was not described. */
  throwProblem(): void {
    for (const problem of this.#problems) throw problem;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url: target = "", rawHeaders: headers } = request;
    const body = gathered(request);
    const upstream = ask(this.#target + target, { method, headers, agent: false });
    upstream.once("response", (answer) => {
      const text = gathered(answer);
      answer.once("end", () => {
        const { statusCode: status = 0 } = answer;
        const sent = headersOf(request);
        this.#hold({
          method,
          target,
          sent,
          body: body(),
          status,
          headers: headersOf(answer),
          answer: text(),
        });
      });
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      // Whoever goes away is seen to go away by the other.
      pipeline(answer, response).catch(() => upstream.destroy());
    });
    upstream.on("error", () => response.headersSent || response.destroy());
    pipeline(request, upstream).catch(() => undefined);
  }

  #hold(exchange: Parameters<typeof hold>[0]): void {
    this.#held++;
    try {
      hold(exchange);
    } catch (problem) {
      this.#problems.push(problem);
    }
  }
}

/** What a message says, once it has ended; image data is not kept. */
function gathered(message: IncomingMessage): () => string | undefined {
  if (isData(headersOf(message))) return () => undefined;
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
