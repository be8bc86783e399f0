import { ServiceError } from "../domain/errors.ts";
import { discard } from "../outbound/answers.ts";
import type { Failure, Patience } from "../outbound/retry.ts";

/** How long and how often requests are retried: after that the caller has stopped waiting. */
export const RETRIES = {
  patienceSeconds: 30,
  retryMilliseconds: 250,
  mostRetries: 3,
} as const satisfies Patience;

/** The longest wait that a server's `Retry-After` is granted. */
const RETRY_AFTER_SECONDS = 5;

/** Statuses after which the same request may succeed. Not 507, which means that a disk is full. */
const isTemporary = (status: number): boolean =>
  [408, 425, 429, 498].includes(status) || (status >= 500 && status !== 507 && status !== 501);

/** An answer after which the same request may succeed. */
export class TemporaryAnswer extends Error {
  override readonly name = "TemporaryAnswer";
  /** Its body is not to be read. */
  readonly response: Response;

  constructor(response: Response) {
    super(`the server answered ${response.status}`);
    this.response = response;
  }
}

/** Passes on any answer but one that is temporary; the body of that is cancelled, to free the connection. */
export async function requireLasting(response: Response): Promise<Response> {
  if (!isTemporary(response.status)) return response;
  await discard(response);
  throw new TemporaryAnswer(response);
}

/** What a temporary answer and no answer at all have in common; a `ServiceError` has been judged already. */
export function mayPass(error: unknown): Failure {
  const after = error instanceof TemporaryAnswer ? Number(error.response.headers.get("retry-after")) : 0;
  return {
    mayPass: !(error instanceof ServiceError),
    retryAfterSeconds: after > 0 ? Math.min(after, RETRY_AFTER_SECONDS) : undefined,
  };
}
