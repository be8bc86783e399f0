import type { Extended, Transferring } from "../../protocol/control.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import { Allowance } from "../../src/stores/allowance.ts";
import { isForClient, jsonOf, mistrusted } from "./control-answer.ts";
import type { Edge, EdgeAnswer, Headers } from "./edge.ts";
import { PACE_BYTES } from "./pace.ts";
import { RefusedByEdge } from "./refusal.ts";

const RETRY_MILLISECONDS = 250;
const RETRY_MILLISECONDS_MOST = 4000;

type Step = "heartbeat" | "extend" | "complete" | "abort";

export interface LeaseOptions {
  readonly edge: Edge;
  readonly image: string;
  readonly grant: Transferring;
  /** Identify the caller, and the request's id. */
  readonly headers: Headers;
}

/**
 * The lease of a transfer, renewed while its bytes move. If the edge is away, the relay waits for as long as the lease
 * may still be valid. After that, or when the edge refuses, the lease is lost and the writer is stopped.
 */
export class HeldLease implements Disposable {
  readonly #options: LeaseOptions;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #allowance: Allowance | undefined;
  #heardAt = Date.now();
  #movedAt = Date.now();
  #movedBytes = 0;
  #resting = 0;
  #lost: ServiceError | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    const { grantedBytes, size } = options.grant;
    if (grantedBytes !== undefined && size === undefined)
      this.#allowance = new Allowance(grantedBytes, (bytes) => this.#extend(bytes));
    this.#timer = setInterval(() => void this.#beat(), options.grant.heartbeatSeconds * 1000);
  }

  /** Aborted when the lease is lost, which stops the writer. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Why the lease was lost, if it was. */
  get lost(): ServiceError | undefined {
    return this.#lost;
  }

  /** Must be called for all bytes that have moved. A trickle does not count as movement. */
  moved(bytes: number): void {
    this.#movedBytes += bytes;
    if (this.#movedBytes < PACE_BYTES) return;
    this.#movedBytes = 0;
    this.#movedAt = Date.now();
  }

  /** Until the result is disposed of, no byte can move and that is no stall: the client is waiting for the relay. */
  rest(): Disposable {
    this.#resting++;
    return {
      [Symbol.dispose]: () => {
        this.#resting--;
        this.#movedAt = Date.now();
      },
    };
  }

  /** Must be called before bytes move; they may once this resolves. When it rejects, the lease is lost. */
  async admit(bytes: number): Promise<void> {
    try {
      await this.#allowance?.admit(bytes);
    } catch (error) {
      this.#lose(error as ServiceError);
      throw error;
    }
  }

  /** The edge has just confirmed that the lease is valid. */
  heard(): void {
    this.#heardAt = Date.now();
  }

  /** Asks the edge whether the lease is still valid. If not, it is lost, for the edge's reason. */
  async confirm(): Promise<void> {
    await this.#say("heartbeat", {}).catch((error) => {
      if (!isOutage(error)) this.#lose(error as ServiceError);
    });
  }

  /**
   * Sends the final request, retrying for as long as the lease may still be valid. Rejects with the edge's refusal, or
   * `unavailable`.
   */
  async conclude(step: "complete" | "abort", json: unknown): Promise<EdgeAnswer> {
    clearInterval(this.#timer);
    return this.withRetry(() => this.#say(step, json));
  }

  /** Retries after outages until it succeeds, is refused, or the lease has ended. */
  async withRetry<T>(attempt: () => Promise<T>): Promise<T> {
    for (let wait = RETRY_MILLISECONDS; ; wait = Math.min(wait * 2, RETRY_MILLISECONDS_MOST)) {
      try {
        const result = await attempt();
        this.heard();
        return result;
      } catch (error) {
        if (this.#lost) throw this.#lost;
        if (!isOutage(error) || this.#silentFor() + wait > this.#leaseMilliseconds) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  get #leaseMilliseconds(): number {
    return this.#options.grant.leaseSeconds * 1000;
  }

  #silentFor(): number {
    return Date.now() - this.#heardAt;
  }

  async #beat(): Promise<void> {
    const { stallSeconds } = this.#options.grant;
    if (this.#resting === 0 && Date.now() - this.#movedAt > stallSeconds * 1000)
      return this.#lose(
        new ServiceError("unavailable", `No byte of the image moved for ${stallSeconds} seconds.`),
      );
    try {
      await this.#say("heartbeat", {});
      this.heard();
    } catch (error) {
      if (!isOutage(error)) return this.#lose(error as ServiceError);
      if (this.#silentFor() > this.#leaseMilliseconds)
        this.#lose(
          new ServiceError("unavailable", "The edge did not answer during the upload.", { cause: error }),
        );
    }
  }

  async #extend(bytes: number): Promise<number> {
    const { grantedBytes } = await this.withRetry(
      async () => (await jsonOf(await this.#say("extend", { bytes }))) as Extended,
    );
    return grantedBytes;
  }

  async #say(what: Step, json: unknown): Promise<EdgeAnswer> {
    const { edge, image, grant, headers } = this.#options;
    const answer = await edge.control({ what, image, lease: grant.lease }, { json, headers });
    return accepted(answer);
  }

  #lose(error: ServiceError): void {
    this.#lost ??= error;
    this.#stop.abort(this.#lost);
  }
}

/**
 * The answer, if it is a success. Rejects with the edge's refusal, or `unavailable` if the request may be repeated.
 */
export async function accepted(answer: EdgeAnswer): Promise<EdgeAnswer> {
  if (answer.status < 300) return answer;
  if (!isForClient(answer)) throw await mistrusted(answer);
  throw new RefusedByEdge(answer, answer.status === 503 ? "unavailable" : "conflict");
}

const isOutage = (error: unknown): boolean => error instanceof ServiceError && error.retryable;
