import { ServiceError } from "../domain/errors.ts";

/** If more requests than this wait for a derivation, the last would wait ten seconds and more. */
const MAX_WAITING = 32;
const POLL_MILLISECONDS = 20;
/** A request that has given no sign of life for this long is gone. */
const LAPSE_MILLISECONDS = 1_000;

/** When each waiting or deriving request was last heard of, in order of arrival: the first has the turn. */
const queue = new Map<symbol, number>();

/**
 * Runs one memory-hungry derivation of the isolate at a time, in order of arrival; rejects `unavailable` when too many
 * wait. A request whose client goes away just stops, without running its `finally`, and one request must not wait for
 * another's promise. So each polls with its own timers, and those not heard of for a while are dropped from the queue.
 * That is why `derive` must call `alive` now and then.
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
