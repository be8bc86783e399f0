import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** What runs when a process reports that it reached a named point; until it has ended the process waits there. */
type Reaction = (query: URLSearchParams) => Promise<void> | void;

/** Hears the named points that processes under test report (src/durable/checkpoint.ts, relay/checkpoint.ts). */
export class Checkpoints {
  readonly #reactions = new Map<string, Reaction>();
  readonly #server: Server;
  url = "";

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://checkpoints");
      const event = searchParams.get("event");
      const point = pathname.slice(1);
      const reaction = this.#take(event ? `${point}:${event}` : point) ?? this.#take(point);
      await reaction?.(searchParams);
      response.end();
    });
  }

  static async listen(): Promise<Checkpoints> {
    const checkpoints = new Checkpoints();
    checkpoints.#server.listen(0, "127.0.0.1");
    await once(checkpoints.#server, "listening");
    const address = checkpoints.#server.address();
    checkpoints.url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    return checkpoints;
  }

  /** Reacts once to a point, `before-batch` at any event or `before-batch:finishUpload` at one. */
  once(point: string, reaction: Reaction): void {
    this.#reactions.set(point, reaction);
  }

  #take(point: string): Reaction | undefined {
    const reaction = this.#reactions.get(point);
    this.#reactions.delete(point);
    return reaction;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
