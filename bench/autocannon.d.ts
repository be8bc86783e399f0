/** The little of autocannon that the bench uses; the package has no types of its own. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** Sent in turn on each connection. */
    readonly requests?: readonly { readonly method?: string; readonly path: string }[];
  }

  interface Result {
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
    readonly "2xx": number;
    /** Seconds. */
    readonly duration: number;
  }

  /** Emits `response` with the client, the status, the bytes and the milliseconds of each answer. */
  function autocannon(options: Options): EventEmitter & PromiseLike<Result>;
  export = autocannon;
}
