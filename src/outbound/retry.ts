/** How long, and how often, requests to a server are retried. */
export interface Patience {
  /** From the first attempt to the start of the last one. */
  readonly patienceSeconds: number;
  /** Between the first two attempts; doubled with each further one, and randomised. */
  readonly retryMilliseconds: number;
  /** Absent: as often as the time allows. */
  readonly mostRetries?: number;
}

const MOST_MILLISECONDS = 5000;

/** How long to wait after so many attempts that failed. */
export const pauseAfter = (attempts: number, { retryMilliseconds }: Patience): number =>
  Math.min(retryMilliseconds * 2 ** (attempts - 1), MOST_MILLISECONDS) * (0.5 + Math.random());

export interface Failure {
  /** Whether another attempt may succeed. */
  readonly mayPass: boolean;
  /** The delay that the server asked for. */
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * Retries after failures that may be temporary, for `patienceSeconds`; then rejects with the last failure. Only for
 * requests that can be repeated. Aborting rejects with the signal's reason.
 */
export async function withRetry<T>(
  attempt: (count: number) => Promise<T>,
  judge: (error: unknown) => Failure,
  patience: Patience,
  signal?: AbortSignal,
): Promise<T> {
  const { mostRetries = Number.POSITIVE_INFINITY, patienceSeconds } = patience;
  const end = Date.now() + patienceSeconds * 1000;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt(count);
    } catch (error) {
      signal?.throwIfAborted();
      const { mayPass, retryAfterSeconds } = judge(error);
      const wait = Math.max(pauseAfter(count, patience), (retryAfterSeconds ?? 0) * 1000);
      if (!mayPass || count > mostRetries || Date.now() + wait > end) throw error;
      await pause(wait, signal);
    }
  }
}

/** Aborting rejects with the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
