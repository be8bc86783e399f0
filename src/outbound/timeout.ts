/** A timer set for longer than this fires at once. */
const MOST_MILLISECONDS = 2 ** 31 - 1;

/**
 * Runs work with a time limit. After `seconds` it rejects, even if the work ignores the signal that it was given. That
 * signal is aborted at the limit, or when the caller's is; in the latter case this rejects with the caller's reason.
 */
export async function withTimeout<T>(
  seconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const limit = new AbortController();
  let timer!: ReturnType<typeof setTimeout>;
  const over = new Promise<never>((_, reject) => {
    const end = () => {
      const late = new Error(`nothing came for ${seconds} seconds`);
      reject(late);
      limit.abort(late);
    };
    timer = setTimeout(end, Math.min(seconds * 1000, MOST_MILLISECONDS));
  });
  try {
    return await Promise.race([work(signal ? AbortSignal.any([signal, limit.signal]) : limit.signal), over]);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
