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

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async #listens(): Promise<void> {
    const failed = once(this.#child, "exit").then(() => {
      throw new Error(`${this.#child.spawnargs.at(1)} ended before it listened`);
    });
    [this.#port] = (await Promise.race([once(this.#child, "message"), failed])) as [number];
  }

  /** Waits until it is gone: its folder is removed next. */
  protected override async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}
