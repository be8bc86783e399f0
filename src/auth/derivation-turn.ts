import { ServiceError } from "../domain/errors.ts";

/** More than this many requests waiting for a derivation are too many: the last would wait ten seconds and more. */
const MAX_WAITING = 32;
const POLL_MILLISECONDS = 20;
/** Whoever has not shown a sign of life for this long is gone. */
const LAPSE_MILLISECONDS = 1_000;

/** When each request that waits or derives was last heard of, in the order they came: the first has the turn. */
const queue = new Map<symbol, number>();

/**
 * Runs one memory-hungry derivation of the isolate at a time, in the order of arrival; rejects `unavailable` when too
 * many wait. A request whose client goes away just stops, its `finally` never run, and another's promise must not be
 * waited for: so each polls from its own timers, and those not heard of for a while are dropped from the queue. For
 * that, `derive` calls `alive` now and then.
 */
export async function oneDerivationAtATime<T>(derive: (alive: () => void) => Promise<T>): Promise<T> {
  dropLapsed();
  if (queue.size > MAX_WAITING)
    throw new ServiceError("unavailable", "Too many logins are under way; try again in a moment.");
  const self = Symbol("derivation");
  const alive = () => void queue.set(self, Date.now());
  alive();
  try {
    while (queue.keys().next().value !== self) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      alive();
      dropLapsed();
    }
    return await derive(alive);
  } finally {
    queue.delete(self);
  }
}

function dropLapsed(): void {
  const now = Date.now();
  for (const [request, heard] of queue) if (now - heard > LAPSE_MILLISECONDS) queue.delete(request);
}
