/** How often and how long requests are retried: after that the caller has stopped waiting. */
export const RETRIES = { most: 3, firstMilliseconds: 250, withinSeconds: 30 };

/** The longest wait that a server's `Retry-After` is granted. */
const RETRY_AFTER_SECONDS = 5;

/** Statuses after which the same request may succeed. Not 507, which means that a disk is full. */
export const isTemporary = (status: number): boolean =>
  [408, 425, 429, 498].includes(status) || (status >= 500 && status !== 507 && status !== 501);

/** Grows with each attempt; follows the server's `Retry-After`, within bounds. */
export function waitBefore(tries: number, retryAfter?: string | null): number {
  const asked = Number(retryAfter ?? 0);
  const said = asked > 0 ? Math.min(asked, RETRY_AFTER_SECONDS) * 1000 : 0;
  return Math.max(said, RETRIES.firstMilliseconds * 2 ** tries * (0.5 + Math.random()));
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
