/** How long requests to a store are retried. */
export interface Patience {
  /** From the first attempt to the start of the last one. */
  readonly patienceSeconds: number;
  /** Between the first two attempts; doubled with each further one, and randomised. */
  readonly retryMilliseconds: number;
}

const MOST_MILLISECONDS = 5000;

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
  { patienceSeconds, retryMilliseconds }: Patience,
  signal?: AbortSignal,
): Promise<T> {
  const end = Date.now() + patienceSeconds * 1000;
  for (let count = 1; ; count++) {
    signal?.throwIfAborted();
    try {
      return await attempt(count);
    } catch (error) {
      signal?.throwIfAborted();
      const { mayPass, retryAfterSeconds } = judge(error);
      const own = Math.min(retryMilliseconds * 2 ** (count - 1), MOST_MILLISECONDS) * (0.5 + Math.random());
      const wait = Math.max(own, (retryAfterSeconds ?? 0) * 1000);
      if (!mayPass || Date.now() + wait > end) throw error;
      await pause(wait, signal);
    }
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
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
