import { ServiceError } from "../domain/errors.ts";

/** How long a change is decided anew, because others change the image, before its caller hears of it. */
const PATIENCE_MILLISECONDS = 30_000;

/** Waits are drawn from a span that doubles from the first to the longest. */
const WAIT_MILLISECONDS = { first: 8, longest: 1000 } as const;

/**
 * Reads, decides and writes until the write finds the image as it was read: until `attempt` has an answer. One of those
 * who change an image at the same time always succeeds; the others wait, each another while, so that they come one
 * after another and all succeed, however many they are.
 */
export async function decided<T>(imageId: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MILLISECONDS;
  for (let span: number = WAIT_MILLISECONDS.first; ; span = Math.min(2 * span, WAIT_MILLISECONDS.longest)) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    if (Date.now() >= end)
      throw new ServiceError("conflict", `Image ${imageId} is being changed by others; try again.`);
    await scheduler.wait(Math.random() * span);
  }
}
