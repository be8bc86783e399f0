import { ServiceError } from "../domain/errors.ts";
import type { Location } from "./contract.ts";

export interface RunningPut {
  /** Aborted when the caller aborts, when the blob is deleted, or by `stop`. */
  readonly signal: AbortSignal;
  stop(reason: unknown): void;
  finished(): void;
}

interface Entry {
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** The running puts in this process by location, so that `delete` can end them. */
const running = new Map<Location, Set<Entry>>();

export function beginPut(location: Location, signal?: AbortSignal): RunningPut {
  const controller = new AbortController();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const entry = { controller, done };
  const writers = running.get(location) ?? new Set();
  running.set(location, writers.add(entry));
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    stop: (reason) => controller.abort(reason),
    finished() {
      writers.delete(entry);
      if (writers.size === 0 && running.get(location) === writers) running.delete(location);
      resolve();
    },
  };
}

export const putIsRunning = (location: Location): boolean => running.has(location);

/**
 * Ends the puts of the location; resolves when they have cleaned up. A driver that must not wait does not await it.
 */
export async function endPuts(location: Location): Promise<void> {
  const writers = [...(running.get(location) ?? [])];
  for (const { controller } of writers)
    controller.abort(new ServiceError("gone", "The image data was deleted while it was written."));
  await Promise.all(writers.map(({ done }) => done));
}
