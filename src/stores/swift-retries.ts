/** What is tried again, and for how long: by then whoever waits has lost patience. */
export const RETRIES = { most: 3, firstMilliseconds: 250, withinSeconds: 30 };

/** A server that asks for more time than this is not waited for so long. */
const RETRY_AFTER_SECONDS = 5;

/** Statuses that the same request, sent again, may get past. 507 is none: it is a disk that is full. */
export const isTemporary = (status: number): boolean =>
  [408, 425, 429, 498].includes(status) || (status >= 500 && status !== 507 && status !== 501);

/** Longer with each try, and as the server says within bounds. */
export function waitBefore(tries: number, retryAfter?: string | null): number {
  const asked = Number(retryAfter ?? 0);
  const said = asked > 0 ? Math.min(asked, RETRY_AFTER_SECONDS) * 1000 : 0;
  return Math.max(said, RETRIES.firstMilliseconds * 2 ** tries * (0.5 + Math.random()));
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
