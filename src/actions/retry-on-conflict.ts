import { ServiceError } from "../domain/errors.ts";

/** How long a change is retried, because others change the image, before its caller is told. */
const PATIENCE_MILLISECONDS = 30_000;

/** Waits are random, from a span that doubles from `first` to `longest`. */
const WAIT_MILLISECONDS = { first: 8, longest: 1000 } as const;

/**
 * Reads, decides and writes again until the write finds the image as it was read, which is when `attempt` returns a
 * value. Of the callers that change an image at the same time, one always succeeds. The others wait for different
 * times, so that they follow one after another and all succeed, however many there are.
 */
export async function retryOnConflict<T>(imageId: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MILLISECONDS;
  for (let span: number = WAIT_MILLISECONDS.first; ; span = Math.min(2 * span, WAIT_MILLISECONDS.longest)) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    if (Date.now() >= end)
      throw new ServiceError("conflict", `Image ${imageId} is being changed by others; try again.`);
    await scheduler.wait(Math.random() * span);
  }
}
