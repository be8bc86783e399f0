import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Running } from "./running.ts";

/** A server that is a program of its own, as the product's are: it tells its port when it listens. */
export class Forked extends Running {
  readonly #child;
  #port = 0;

  private constructor(program: URL, args: readonly string[]) {
    super();
    this.#child = fork(fileURLToPath(program), args);
  }

  /** Resolves when it listens. */
  static async start(program: URL, ...args: string[]): Promise<Forked> {
    const server = new Forked(program, args);
    return server.started(server.#listens());
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #listens(): Promise<void> {
    [this.#port] = (await once(this.#child, "message")) as [number];
  }

  protected override async end(): Promise<void> {
    this.#child.kill();
  }
}
